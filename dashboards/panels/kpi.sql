-- time (Monday), learning events by scaffold, the KPI's mean over the named teams: by week, the range
-- and at least its last 26 weeks.
WITH
    ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC') AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 25 * 7) AS first_week,
    series AS
    (
        SELECT
            toDate(week) AS week,
            toUInt64(0) AS discovery,
            toUInt64(0) AS practice,
            toUInt64(0) AS sharing,
            toUInt64(0) AS reinforcement,
            avg(mean) AS value
        FROM
        (
            SELECT week, team, avg(kpi_weeks.value) AS mean
            FROM viewer.kpi_weeks
            WHERE kpi = {kpi:String}
                AND week >= first_week
                AND week <= last_week
                AND ({team:String} = '' OR team = {team:String})
            GROUP BY week, team
        )
        GROUP BY week
        UNION ALL
        SELECT
            toMonday(day) AS week,
            sumIf(events, scaffold = 'discovery') AS discovery,
            sumIf(events, scaffold = 'practice') AS practice,
            sumIf(events, scaffold = 'sharing') AS sharing,
            sumIf(events, scaffold = 'reinforcement') AS reinforcement,
            NULL AS value
        FROM viewer.activity_days
        WHERE day >= first_week
            AND day < last_week + 7
            AND team != 'Other'
            AND ({team:String} = '' OR team = {team:String})
        GROUP BY week
        UNION ALL
        SELECT arrayJoin(arrayMap(i -> first_week + 7 * i, range(0, toUInt32(intDiv(last_week - first_week, 7) + 1)))), 0, 0, 0, 0, NULL
    )
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    sum(series.discovery) AS discovery,
    sum(series.practice) AS practice,
    sum(series.sharing) AS sharing,
    sum(series.reinforcement) AS reinforcement,
    max(series.value) AS value
FROM series
WHERE (SELECT count() FROM viewer.kpi_weeks WHERE kpi = {kpi:String}) > 0
GROUP BY week
ORDER BY week
