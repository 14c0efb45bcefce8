-- Ids of these inserts that stand at more than one position, with the first as the winner. Arrivals of
-- the last 31 days are all in lrs.arrivals; what is older is looked for among the statements, in those
-- parts alone that reach back so far (the index `reach`).
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
        AND position < bitShiftLeft(toUInt128(toUnixTimestamp64Milli(now64(3) - INTERVAL 30 DAY)), 80)
)
GROUP BY id
HAVING uniqExact(position) > 1
