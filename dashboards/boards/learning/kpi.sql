-- time (a period's first day), learning events by scaffold, the KPI's mean over the named teams, by the
-- KPI's own grain: weeks where it has any, else months, else days. The range, and at least its last 26
-- weeks, 12 months or 28 days. The mean is weighted (by the denominator, else by n)
-- where every figure of the period has a weight; a KPI that kpis.toml says to sum is summed. Its target is taken together
-- in the same way, where each of the period's figures has one.
WITH
    {zone:String} AS zone,
    -- The KPI's figures, read once: (grain, first day, mean, of how many of the asked teams, target).
    (
        SELECT groupArray((grain, first_day, mean, teams, target))
        FROM
        (
            SELECT
                grain,
                first_day,
                countIf(asked) AS teams,
                multiIf(
                    any(aggregation) = 'sum', sumIf(told, asked),
                    minIf(weight, asked) > 0, sumIf(told * weight, asked) / sumIf(weight, asked),
                    avgIf(told, asked)) AS mean,
                if(countIf(asked AND isNotNull(aim)) < teams, NULL, multiIf(
                    any(aggregation) = 'sum', sumIf(aim, asked),
                    minIf(weight, asked) > 0, sumIf(aim * weight, asked) / sumIf(weight, asked),
                    avgIf(aim, asked))) AS target
            FROM
            (
                SELECT grain, first_day, weight, aggregation, kpi_periods.value AS told, kpi_periods.target AS aim, {team:String} = '' OR team = {team:String} AS asked
                FROM viewer.kpi_periods
                WHERE kpi = {kpi:String}
            )
            GROUP BY grain, first_day
        )
    ) AS figures,
    multiIf(arrayExists(figure -> figure.1 = 'week', figures), 'week', arrayExists(figure -> figure.1 = 'month', figures), 'month', 'day') AS step,
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
            figure.2 AS start,
            toUInt64(0) AS discovery,
            toUInt64(0) AS practice,
            toUInt64(0) AS sharing,
            toUInt64(0) AS reinforcement,
            figure.3 AS value,
            figure.5 AS target
        FROM (SELECT arrayJoin(figures) AS figure)
        WHERE figure.1 = step AND figure.4 > 0 AND start >= first_start AND start <= last_start
        UNION ALL
        SELECT
            begins AS start,
            sumIf(events, scaffold = 'discovery') AS discovery,
            sumIf(events, scaffold = 'practice') AS practice,
            sumIf(events, scaffold = 'sharing') AS sharing,
            sumIf(events, scaffold = 'reinforcement') AS reinforcement,
            NULL AS value,
            NULL AS target
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
            0, 0, 0, 0, NULL, NULL
    )
SELECT
    toTimeZone(toDateTime(start, zone), 'UTC') AS time,
    sum(series.discovery) AS discovery,
    sum(series.practice) AS practice,
    sum(series.sharing) AS sharing,
    sum(series.reinforcement) AS reinforcement,
    max(series.value) AS value,
    max(series.target) AS target
FROM series
WHERE notEmpty(figures)
GROUP BY start
ORDER BY start
