-- time (a period's first day), learning events by scaffold, the KPI's mean over the named teams, by the
-- KPI's own grain: weeks where it has any, else months, else days. The range, and at least its last 26
-- weeks, 12 months or 28 days. The mean is weighted by n where every figure of the period has one.
WITH
    ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC') AS zone,
    (
        SELECT if(countIf(grain = 'week') > 0, 'week', if(countIf(grain = 'month') > 0, 'month', 'day'))
        FROM viewer.kpi_periods
        WHERE kpi = {kpi:String}
    ) AS step,
    toDate({until:DateTime} - 1, zone) AS until_day,
    toDate({from:DateTime}, zone) AS from_day,
    multiIf(step = 'week', toMonday(until_day), step = 'month', toStartOfMonth(until_day), until_day) AS last_start,
    least(
        multiIf(step = 'week', toMonday(from_day), step = 'month', toStartOfMonth(from_day), from_day),
        multiIf(step = 'week', last_start - 25 * 7, step = 'month', addMonths(last_start, -11), last_start - 27)
    ) AS first_start,
    series AS
    (
        SELECT
            first_day AS start,
            toUInt64(0) AS discovery,
            toUInt64(0) AS practice,
            toUInt64(0) AS sharing,
            toUInt64(0) AS reinforcement,
            if(min(n) > 0, sum(kpi_periods.value * n) / sum(n), avg(kpi_periods.value)) AS value
        FROM viewer.kpi_periods
        WHERE kpi = {kpi:String}
            AND grain = step
            AND start >= first_start
            AND start <= last_start
            AND ({team:String} = '' OR team = {team:String})
        GROUP BY start
        UNION ALL
        SELECT
            begins AS start,
            sumIf(events, scaffold = 'discovery') AS discovery,
            sumIf(events, scaffold = 'practice') AS practice,
            sumIf(events, scaffold = 'sharing') AS sharing,
            sumIf(events, scaffold = 'reinforcement') AS reinforcement,
            NULL AS value
        FROM
        (
            -- What is counted by week only is in the month of the week's Thursday, and in no day.
            SELECT
                toDate(team_activity.start, zone) AS day,
                multiIf(
                    step = 'week', toMonday(day),
                    step = 'month', toStartOfMonth(if(grain = 'week', day + 3, day)),
                    day) AS begins,
                scaffold,
                events
            FROM viewer.team_activity
            WHERE week >= toMonday(first_start)
                AND (step != 'day' OR grain = 'day')
                AND team != 'Other'
                AND ({team:String} = '' OR team = {team:String})
        )
        WHERE begins >= first_start AND begins <= last_start
        GROUP BY begins
        UNION ALL
        SELECT
            arrayJoin(
                arrayFilter(
                    start -> start = multiIf(step = 'week', toMonday(start), step = 'month', toStartOfMonth(start), start),
                    arrayMap(i -> first_start + i, range(0, toUInt32(last_start - first_start + 1)))
                )
            ),
            0, 0, 0, 0, NULL
    )
SELECT
    toTimeZone(toDateTime(start, zone), 'UTC') AS time,
    sum(series.discovery) AS discovery,
    sum(series.practice) AS practice,
    sum(series.sharing) AS sharing,
    sum(series.reinforcement) AS reinforcement,
    max(series.value) AS value
FROM series
WHERE (SELECT count() FROM viewer.kpi_periods WHERE kpi = {kpi:String}) > 0
GROUP BY start
ORDER BY start
