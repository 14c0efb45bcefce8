-- Every hour in which a fact of these ids stands, the losers' hours too.
INSERT INTO ops.dirty_hours (hour)
SELECT hour
FROM
(
    SELECT DISTINCT toStartOfHour(time) AS hour
    FROM learning.fact_rows
    WHERE id IN
    (
        SELECT id FROM lrs.twins WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
        UNION ALL
        SELECT id FROM lrs.voids WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
    )
)
