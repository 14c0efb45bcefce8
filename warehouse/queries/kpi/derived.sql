SELECT
    '$kpi' AS kpi,
    '$unit' AS unit,
    '$direction' AS direction,
    team,
    toDate32(period) AS period,
    '$grain' AS grain,
    toFloat64(value) AS value,
    toUInt64(n) AS n,
    toUInt64(people) AS people,
    'derived' AS origin
FROM
(
$select
)
