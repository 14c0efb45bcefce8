-- The KPIs of which a figure may be shown, and what is declared of them.
SELECT kpi, title, unit, direction, owner, source, matters
FROM viewer.kpis
WHERE shown
ORDER BY kpi
