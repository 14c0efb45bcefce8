-- Statements of these inserts that refer to another, and those that refer to a statement of theirs.
SELECT id
FROM lrs.recent_references
WHERE batch IN {batches:Array(UInt64)}
UNION DISTINCT
SELECT id
FROM lrs.reference_rows
WHERE target IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
