-- The same figures as the page's: a KPI's weeks beside the learning of the named teams.
SELECT w.week AS week, w.discovery, w.practice, w.sharing, w.reinforcement, k.value
FROM
(
    SELECT
        week,
        sumIf(events, scaffold = 'discovery') AS discovery,
        sumIf(events, scaffold = 'practice') AS practice,
        sumIf(events, scaffold = 'sharing') AS sharing,
        sumIf(events, scaffold = 'reinforcement') AS reinforcement
    FROM viewer.team_activity
    WHERE week > toDate({until:DateTime}) - 26 * 7 AND team != 'Other'
    GROUP BY week
) AS w
LEFT JOIN
(
    SELECT first_day, sum(kpi_periods.value * n) / sum(n) AS value
    FROM viewer.kpi_periods
    WHERE kpi = {kpi:String} AND grain = 'week' AND first_day > toDate({until:DateTime}) - 26 * 7
    GROUP BY first_day
) AS k ON k.first_day = w.week
ORDER BY week
