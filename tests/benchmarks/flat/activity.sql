-- The same figures as the page's: behaviours over time, scaffolds by team, shares of what is not placed.
SELECT *
FROM
(
    SELECT
        'behaviours' AS panel,
        multiIf(
            {until:UInt32} - {from:UInt32} <= 180000, toStartOfHour(start),
            {until:UInt32} - {from:UInt32} <= 1400000, toStartOfDay(start),
            toStartOfWeek(start, 1)) AS time,
        toString(behaviour) AS name,
        toString(scaffold) AS of,
        toFloat64(sum(events)) AS value
    FROM viewer.activity
    WHERE week >= toMonday(toDate({from:DateTime})) AND start < {until:DateTime}
    GROUP BY time, name, of
    UNION ALL
    SELECT 'teams_scaffolds', toDateTime(0), team, toString(scaffold), toFloat64(sum(events)) AS value
    FROM viewer.team_activity
    WHERE week >= toMonday(toDate({from:DateTime})) AND start < {until:DateTime}
    GROUP BY team, scaffold
    UNION ALL
    SELECT 'shares', toDateTime(0), '', '', avg(unclassified)
    FROM viewer.quality
    WHERE week >= toMonday(toDate({from:DateTime}))
)
ORDER BY panel, time, value DESC
