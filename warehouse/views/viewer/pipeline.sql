-- How the pipeline is doing: what each part last said, what was refused, how many events are shown, whether any
-- is counted, and what belongs to nobody, in steps: accounts of the minimum group, events of ten times as many.
-- identity: none (numbers)
CREATE OR REPLACE VIEW viewer.pipeline DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, at FROM ops.beats
UNION ALL
SELECT 'rejected' AS part, 'count' AS metric, toFloat64(count()) AS value, max(at) AS at FROM ops.rejected
UNION ALL
SELECT
    'unresolved' AS part,
    metric,
    if(accounts < k, 0, if(metric = 'accounts', accounts - accounts % k, events - events % (10 * k))) AS value,
    now64(3) AS at
FROM
(
    SELECT
        toFloat64(uniqExactMerge(people)) AS accounts,
        toFloat64(sum(activity_day_rows.events)) AS events,
        ifNull((SELECT minimum_group FROM viewer.settings), 5) AS k
    FROM learning.activity_day_rows
    WHERE resolved = 0
)
ARRAY JOIN ['accounts', 'events'] AS metric
UNION ALL
SELECT 'activity' AS part, 'events' AS metric, toFloat64(sum(team_rows.events)) AS value, now64(3) AS at FROM published.team_rows
UNION ALL
SELECT 'activity' AS part, 'any' AS metric, toFloat64(count() > 0) AS value, now64(3) AS at FROM (SELECT 1 FROM learning.activity_day_rows LIMIT 1)
