-- A day's cells by the hour: those of these hours (seconds since 1970) from the deduplicated facts, of
-- its other hours as they are. Where the time zone has changed since, other hours make up the day.
INSERT INTO $staging
WITH
    toDate({period:String}) AS wanted,
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS fresh,
    (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    day,
    hour,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    resolved,
    count() AS events,
    uniqExactState(person) AS people
FROM learning.events
WHERE hour IN fresh
    AND time >= arrayMin(fresh)
    AND time < arrayMax(fresh) + INTERVAL 1 HOUR
    AND day = wanted
GROUP BY day, hour, team, tenure_band, tool, behaviour, scaffold, resolved
UNION ALL
SELECT day, hour, team, tenure_band, tool, behaviour, scaffold, resolved, events, people
FROM learning.activity_hour_rows
WHERE day = wanted
    AND hour NOT IN fresh
    AND (toDate(hour, zone) = day OR toDate(hour + 3599, zone) = day)
