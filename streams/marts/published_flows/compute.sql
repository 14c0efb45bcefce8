-- The flows of a week, together where nothing tells them apart.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    from_person AS person,
    to_person,
    toString(kind) AS kind,
    toString(from_team) AS from_team,
    toString(to_team) AS to_team,
    count() AS events
FROM
(
$arrived
)
GROUP BY ALL
ORDER BY ALL
