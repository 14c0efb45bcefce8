-- The records among the copies that hold these ids.
SELECT DISTINCT
    toUInt16(bitAnd(bitShiftRight(position, 64), 65535)) AS partition,
    toUInt64(bitAnd(bitShiftRight(position, 20), 17592186044415)) AS offset
FROM verification.arrivals
WHERE id IN {ids:Array(UUID)}
