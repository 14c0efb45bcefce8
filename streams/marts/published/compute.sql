-- The events of a week, together where nothing tells them apart. Times are their beginnings, in seconds since
-- 1970; a day and a week begin by the organisation's clock.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(e.day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    e.person AS person,
    toString(e.team) AS team,
    if(e.tenure_band = 'unknown', '', e.tenure_band) AS tenure_band,
    toString(e.tool) AS tool,
    toString(e.behaviour) AS behaviour,
    toString(e.scaffold) AS scaffold,
    toString(e.topic) AS topic,
    e.behaviour = 'unclassified' AS unclassified,
    NOT e.resolved AS unresolved,
    e.resolved AS known,
    toUnixTimestamp(toDateTime(e.day, zone)) AS day,
    toUnixTimestamp(toStartOfHour(e.time, zone)) AS hour,
    toUnixTimestamp(toStartOfFifteenMinutes(e.time)) AS quarter,
    toUnixTimestamp(toStartOfMinute(e.time)) AS minute,
    count() AS events
FROM released.events AS e
WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 8, 3, 'UTC')
    AND e.behaviour != 'none'
    AND toMonday(e.day) IN {periods:Array(Date)}
GROUP BY ALL
ORDER BY ALL
