-- How many reactions each target was told of since a moment (Unix milliseconds).
SELECT target, count()
FROM ops.reaction_rows FINAL
WHERE target != '' AND state = 'delivered' AND told >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
GROUP BY target
