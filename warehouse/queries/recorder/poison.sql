-- Unreadable lines of these ranges of offsets, one range a partition, in three arrays side by side.
SELECT partition, offset, line_number, source, line, error
FROM lrs.poison FINAL
WHERE partition IN {partitions:Array(UInt16)}
    AND offset BETWEEN arrayMin({firsts:Array(UInt64)}) AND arrayMax({lasts:Array(UInt64)})
    AND arrayExists(
        (p, first, last) -> partition = p AND offset BETWEEN first AND last,
        {partitions:Array(UInt16)}, {firsts:Array(UInt64)}, {lasts:Array(UInt64)})
ORDER BY partition, offset, line_number
