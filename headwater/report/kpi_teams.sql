-- kpi, team, and its figures in the weeks (months, days) in one row: how many, their sum, the sum weighted (by the
-- denominator, else by n), the weights' sum and the least of them, single observations. Of each KPI the grain that the
-- board Learning shows: weeks where it has any, else months, else days.
SELECT
    p.kpi AS kpi,
    p.team AS team,
    toString(any(p.grain)) AS grain,
    toString(any(p.aggregation)) AS aggregation,
    count() AS periods,
    sum(p.value) AS total,
    sum(p.value * toFloat64(ifNull(p.weight, 0))) AS weighted,
    sum(toFloat64(ifNull(p.weight, 0))) AS weights,
    min(toFloat64(ifNull(p.weight, 0))) AS least,
    toUInt64(sum(p.n)) AS observations
FROM viewer.kpi_periods AS p
INNER JOIN
(
    SELECT kpi, multiIf(countIf(grain = 'week') > 0, 'week', countIf(grain = 'month') > 0, 'month', 'day') AS step
    FROM viewer.kpi_periods
    GROUP BY kpi
) AS steps ON steps.kpi = p.kpi
WHERE p.grain = steps.step AND
(
    (p.grain = 'week' AND p.first_day >= {first:Date} AND p.first_day <= {last:Date})
    OR (p.grain = 'day' AND p.first_day >= {first:Date} AND p.first_day <= {last:Date} + 6)
    OR (p.grain = 'month' AND p.first_day >= {first_month:Date} AND p.first_day <= {last_month:Date})
)
GROUP BY kpi, team
ORDER BY kpi, team
