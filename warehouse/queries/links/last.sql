-- What the last run found.
SELECT id, method, kpi, behaviour, kind, estimate, low, high, q, clusters, verdict
FROM viewer.links
ORDER BY kind = 'missing', kind = 'nothing', method, kpi, behaviour
