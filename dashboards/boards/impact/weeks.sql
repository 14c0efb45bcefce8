-- time (Monday), what began in the week (of releases the 12 weeks of the range that have most), learning events of the
-- named teams by scaffold, the KPI's mean over the teams with a figure, weighted by n where every figure of the week has
-- one, and the mean of their targets where each has one; the range, and at least its last 26 weeks.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 25 * 7) AS first_week,
    (SELECT count() FROM viewer.kpi_weeks WHERE kpi = {kpi:String}) AS figures
SELECT
    toTimeZone(toDateTime(start, zone), 'UTC') AS time,
    arrayStringConcat(arraySort(groupUniqArrayIf(series.mark, series.mark != '')), ', ') AS mark,
    sum(series.discovery) AS discovery,
    sum(series.practice) AS practice,
    sum(series.sharing) AS sharing,
    sum(series.reinforcement) AS reinforcement,
    max(series.value) AS value,
    max(series.target) AS target
FROM
(
    SELECT
        k.week AS start, '' AS mark, toUInt64(0) AS discovery, toUInt64(0) AS practice, toUInt64(0) AS sharing, toUInt64(0) AS reinforcement,
        if(min(k.n) > 0, sum(k.value * k.n) / sum(k.n), avg(k.value)) AS value,
        if(count(k.target) < count(), NULL, if(min(k.n) > 0, sum(k.target * k.n) / sum(k.n), avg(k.target))) AS target
    FROM viewer.kpi_weeks AS k
    WHERE kpi = {kpi:String} AND k.week >= first_week AND k.week <= last_week
    GROUP BY k.week
    UNION ALL
    SELECT
        week, '', sumIf(events, scaffold = 'discovery'), sumIf(events, scaffold = 'practice'), sumIf(events, scaffold = 'sharing'),
        sumIf(events, scaffold = 'reinforcement'), NULL, NULL
    FROM viewer.team_activity
    WHERE team != 'Other' AND week >= first_week AND week <= last_week
    GROUP BY week
    UNION ALL
    SELECT toMonday(r.start), rollout, 0, 0, 0, 0, NULL, NULL
    FROM viewer.rollouts AS r
    WHERE toMonday(r.start) >= first_week AND toMonday(r.start) <= last_week
    UNION ALL
    SELECT
        made.week,
        concat(toString(made.count), if(made.count = 1, ' release', ' releases'), if(made.most = '', '', concat(' (', made.most, if(made.places > 1, ' …', ''), ')'))),
        0, 0, 0, 0, NULL, NULL
    FROM
    (
        SELECT r.week AS week, sum(r.releases) AS count, count() AS places, substring(argMaxIf(r.place, r.releases, r.place != ''), 1, 40) AS most
        FROM viewer.releases AS r
        WHERE r.week >= first_week AND r.week <= last_week
        GROUP BY week
        ORDER BY count DESC, week DESC
        LIMIT 12
    ) AS made
    UNION ALL
    SELECT first_week + 7 * arrayJoin(range(0, toUInt32((last_week - first_week) / 7 + 1))), '', 0, 0, 0, 0, NULL, NULL
) AS series
WHERE figures > 0
GROUP BY start
ORDER BY start
