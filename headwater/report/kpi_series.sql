-- kpi, a period's first day, its figure over the teams that are large enough: summed where kpis.toml says so, else the
-- mean, weighted where every figure of the period has a weight. Grains as in kpi_teams.sql.
SELECT
    p.kpi AS kpi,
    p.first_day AS day,
    multiIf(
        any(p.aggregation) = 'sum', sum(p.value),
        min(toFloat64(ifNull(p.weight, 0))) > 0, sum(p.value * toFloat64(ifNull(p.weight, 0))) / sum(toFloat64(ifNull(p.weight, 0))),
        avg(p.value)) AS value
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
GROUP BY kpi, day
ORDER BY kpi, day
