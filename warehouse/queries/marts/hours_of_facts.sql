-- Every hour with facts, in seconds since 1970.
SELECT DISTINCT toUInt32(toUnixTimestamp(toStartOfHour(time))) AS hour
FROM learning.fact_rows
ORDER BY hour
