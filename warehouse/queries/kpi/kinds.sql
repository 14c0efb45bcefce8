-- The unit and the direction of every KPI whose figures people bring.
SELECT kpi, any(unit), any(direction)
FROM kpi.observations
WHERE origin = 'loaded'
GROUP BY kpi
