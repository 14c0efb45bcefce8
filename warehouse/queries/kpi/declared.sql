-- What is declared of KPIs.
SELECT kpi, title, unit, direction, aggregation, owner, source, matters, description
FROM kpi.catalogue
