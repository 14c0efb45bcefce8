-- For each hour, how many facts stand of statements accepted before a position, and a digest of which.
SELECT
    toUInt64(toUnixTimestamp(toStartOfHour(time))) AS hour,
    count() AS events,
    groupBitXor(cityHash64(id, position)) AS digest
FROM learning.fact_rows FINAL
WHERE position < {before:UInt128}
GROUP BY hour
