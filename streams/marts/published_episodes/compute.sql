-- The episodes of a week, together where nothing tells them apart.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    person,
    toString(kind) AS kind,
    multiIf(shared IS NOT NULL OR reinforced IS NOT NULL, 'shared', applied IS NOT NULL, 'applied', found IS NOT NULL, 'found', 'nothing') AS furthest,
    toString(team) AS team,
    if(tenure_band = 'unknown', '', toString(tenure_band)) AS tenure_band,
    count() AS events
FROM
(
$begun
)
GROUP BY ALL
ORDER BY ALL
