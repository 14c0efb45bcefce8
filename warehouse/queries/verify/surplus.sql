-- Statements that stand between these offsets and that the log does not hold there.
SELECT
    toUInt16(bitAnd(bitShiftRight(position, 64), 65535)) AS partition,
    toUInt64(intDiv(toUInt64(bitShiftRight(position, 80)), 3600000) * 3600) AS hour,
    count() AS surplus
FROM lrs.statement_rows
WHERE position >= {low:UInt128} AND position <= {high:UInt128}
    AND arrayExists(
        (p, first, last) -> p = bitAnd(bitShiftRight(position, 64), 65535)
            AND bitAnd(bitShiftRight(position, 20), 17592186044415) BETWEEN first AND last,
        {partitions:Array(UInt16)}, {firsts:Array(UInt64)}, {lasts:Array(UInt64)})
    AND position NOT IN (SELECT position FROM verification.arrivals)
GROUP BY partition, hour
ORDER BY partition, hour
