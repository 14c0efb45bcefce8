-- The figures that were loaded.
SELECT * FROM kpi.observations WHERE origin = 'loaded' ORDER BY ALL
