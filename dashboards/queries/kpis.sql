-- The KPIs that can be chosen: those with figures that are shown first, each with its title in kpis.toml.
SELECT kpi, unit, direction, shown, title
FROM viewer.kpis
ORDER BY shown DESC, kpi
