SELECT partition, offset, line_number, source, line, error
FROM lrs.poison FINAL
WHERE partition = {partition:UInt16} AND offset BETWEEN {first:UInt64} AND {last:UInt64}
ORDER BY partition, offset, line_number
