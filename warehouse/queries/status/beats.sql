SELECT part, metric, value, text, toString(at) AS at
FROM vault.beats
ORDER BY part, metric
