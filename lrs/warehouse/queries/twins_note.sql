-- Ids of these inserts that stand at more than one position, with the first as the winner.
INSERT INTO lrs.twins (id, winner)
SELECT id, min(position) AS winner
FROM
(
    SELECT id, position
    FROM lrs.arrivals
    WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
    UNION ALL
    SELECT id, position
    FROM lrs.statement_rows
    WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
)
GROUP BY id
HAVING uniqExact(position) > 1
