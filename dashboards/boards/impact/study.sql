-- By weeks since a rollout began: how far the KPI is from where it was beside teams without it, with its band.
SELECT
    toInt32(point.at) AS at,
    if(point.at = 0, {rollout:String}, '') AS mark,
    round(point.estimate, 6) AS estimate,
    round(point.low, 6) AS low,
    round(point.high, 6) AS high
FROM viewer.links
ARRAY JOIN profile AS point
WHERE method = 'rollout' AND kpi = {kpi:String} AND behaviour = {rollout:String}
ORDER BY at
