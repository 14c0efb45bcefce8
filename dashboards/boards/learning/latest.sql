-- What happened lately in the range, newest first, by quarter or hour.
SELECT
    start AS time,
    transform(toString(grain), ['quarter', 'hour'], ['15 min', '1 h'], '') AS within,
    behaviour, team, tool, topic
FROM viewer.latest
WHERE start >= {from:DateTime} - 3600
    AND start < {until:DateTime}
    AND grain IN ('quarter', 'hour')
    AND behaviour != ''
    AND ({team:String} = '' OR team = {team:String})
ORDER BY time DESC, behaviour, within, team, tool, topic
LIMIT 40
