-- By weeks that the KPI follows: the correlation, and how far chance goes.
SELECT
    toInt32(point.at) AS at,
    round(point.estimate, 4) AS estimate,
    round(point.low, 4) AS low,
    round(point.high, 4) AS high
FROM viewer.links
ARRAY JOIN profile AS point
WHERE method = 'lags' AND kpi = {kpi:String} AND behaviour = {behaviour:String}
ORDER BY at
