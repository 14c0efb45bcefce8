-- The KPIs that can be chosen.
SELECT kpi, any(unit) AS unit, any(direction) AS direction
FROM viewer.kpi_periods
GROUP BY kpi
ORDER BY kpi
