SELECT part, metric, value, text, toString(at) AS at
FROM ops.beats
ORDER BY part, metric
