-- What stands of each derived KPI, by each directory: the digest of what it was computed from.
SELECT kpi, released, inputs
FROM kpi.derived_rows FINAL
WHERE inputs != 0
