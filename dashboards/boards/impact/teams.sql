-- time (Monday), team, the rollouts that began in it in that week, the KPI's figure, and its mean of the four weeks up to
-- then, weighted by n where each of them has one; of the 24 teams with most weeks, the range and at least 26 weeks.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 25 * 7) AS first_week,
    (
        SELECT groupArray((team, toMonday(r.start), rollout))
        FROM viewer.rollouts AS r
        ARRAY JOIN teams AS team
    ) AS began
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    k.team AS team,
    arrayStringConcat(arraySort(arrayMap(one -> one.3, arrayFilter(one -> one.1 = k.team AND one.2 = k.week, began))), ', ') AS mark,
    k.value AS value,
    if(
        min(k.n) OVER four > 0,
        sum(k.value * k.n) OVER four / sum(k.n) OVER four,
        avg(k.value) OVER four) AS mean
FROM viewer.kpi_weeks AS k
WHERE kpi = {kpi:String} AND week >= first_week AND week <= last_week
    AND team IN
    (
        SELECT team
        FROM viewer.kpi_weeks
        WHERE kpi = {kpi:String}
        GROUP BY team
        ORDER BY count() DESC, team
        LIMIT 24
    )
WINDOW four AS (PARTITION BY k.team ORDER BY toInt32(toUInt16(k.week)) RANGE BETWEEN 21 PRECEDING AND CURRENT ROW)
ORDER BY team, week
