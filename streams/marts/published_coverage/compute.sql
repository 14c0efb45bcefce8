-- The events of a week, together where nothing tells them apart. Times are in seconds since 1970.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(e.day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    e.person AS person,
    toString(e.tool) AS tool,
    toString(e.team) AS team,
    toUnixTimestamp(toDateTime(e.day, zone)) AS day,
    e.behaviour = 'unclassified' AS unclassified,
    NOT e.resolved AS unresolved,
    count() AS events
FROM released.events AS e
WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 8, 3, 'UTC')
    AND e.behaviour != 'none'
    AND toMonday(e.day) IN {periods:Array(Date)}
GROUP BY ALL
ORDER BY ALL
