-- Processors that report every second, and when each last did.
SELECT part, toUnixTimestamp(max(at)) AS last
FROM ops.beats
WHERE part IN {reports:Array(String)}
GROUP BY part
HAVING last < toUnixTimestamp(now()) - {seconds:UInt32}
ORDER BY part
