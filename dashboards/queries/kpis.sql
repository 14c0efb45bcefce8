-- The KPIs that can be chosen: those with figures that are shown first.
SELECT kpi, unit, direction, shown
FROM viewer.kpis
ORDER BY shown DESC, kpi
