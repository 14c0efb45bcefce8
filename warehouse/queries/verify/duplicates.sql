-- Ids of the copies that came more than once and whose winner is not written down, or is not the first.
SELECT
    toUInt16(bitAnd(bitShiftRight(first, 64), 65535)) AS partition,
    toUInt64(intDiv(toUInt64(bitShiftRight(first, 80)), 3600000) * 3600) AS hour,
    id
FROM
(
    SELECT id, min(position) AS first
    FROM lrs.arrivals
    WHERE id IN (SELECT id FROM verification.arrivals)
    GROUP BY id
    HAVING uniqExact(position) > 1
) AS several
LEFT JOIN
(
    SELECT id, min(winner) AS winner
    FROM lrs.twins
    WHERE id IN (SELECT id FROM verification.arrivals)
    GROUP BY id
) AS written USING (id)
WHERE winner = 0 OR winner > first
