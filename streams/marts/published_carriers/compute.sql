-- How often each person did what is learning in a week, by behaviour.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(e.day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    e.person AS person,
    toString(e.scaffold) AS scaffold,
    toString(e.behaviour) AS behaviour,
    count() AS events
FROM released.events AS e
WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 8, 3, 'UTC')
    AND e.behaviour NOT IN ('none', 'unclassified')
    AND toMonday(e.day) IN {periods:Array(Date)}
GROUP BY ALL
ORDER BY ALL
