-- Every KPI that has figures: how many, of how many teams, and the first day of the last period.
SELECT kpi, any(unit), any(direction), any(origin), count(), uniqExact(team), toString(max(period))
FROM kpi.observations
GROUP BY kpi
ORDER BY kpi
