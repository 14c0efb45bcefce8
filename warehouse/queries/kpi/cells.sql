-- The loaded figure of each cell that counts now.
SELECT kpi, team, grain, period, unit, direction, value, n
FROM kpi.observations
WHERE origin = 'loaded'
