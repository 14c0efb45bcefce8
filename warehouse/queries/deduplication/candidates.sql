-- How many ids of these inserts are duplicates or have a voiding statement, and how many of the latter undo only
-- what has their own authority.
SELECT count(), countIf(own_only) FROM
(
    SELECT id, 0 AS own_only FROM lrs.twins WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
    UNION ALL
    SELECT id, own_only FROM lrs.voids WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
)
