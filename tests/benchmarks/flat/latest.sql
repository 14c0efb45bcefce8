SELECT start AS time, behaviour, team, tool, topic
FROM viewer.latest
WHERE start >= {from:DateTime} - 3600 AND start < {until:DateTime} AND grain IN ('quarter', 'hour') AND behaviour != ''
ORDER BY time DESC, behaviour, team, tool, topic
LIMIT 40
