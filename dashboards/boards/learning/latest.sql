-- The newest events of the range. Facts are read from the day before the range's last active day on,
-- so that a long range reads little.
WITH
    ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC') AS zone,
    (
        SELECT max(day)
        FROM viewer.activity_days
        WHERE day >= toDate({from:DateTime}, zone) AND day <= toDate({until:DateTime} - 1, zone)
            AND ({team:String} = '' OR team = {team:String})
    ) AS active,
    greatest(
        toTimeZone({from:DateTime}, 'UTC'),
        toTimeZone(toDateTime(if(ifNull(active, toDate(0)) = toDate(0), toDate({until:DateTime}, zone), assumeNotNull(active)) - 1, zone), 'UTC')) AS since
SELECT time, behaviour, team, tool, topic
FROM viewer.latest
WHERE hour >= toStartOfHour(since)
    AND hour < {until:DateTime}
    AND time >= since
    AND time < {until:DateTime}
    AND ({team:String} = '' OR team = {team:String})
ORDER BY time DESC
LIMIT 40
