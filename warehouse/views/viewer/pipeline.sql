-- How the pipeline is doing: what each part last said, and what was refused or belongs to nobody.
-- identity: none (numbers)
CREATE OR REPLACE VIEW viewer.pipeline DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, at FROM ops.beats
UNION ALL
SELECT 'rejected' AS part, 'count' AS metric, toFloat64(count()) AS value, max(at) AS at FROM ops.rejected
UNION ALL
SELECT 'unresolved' AS part, 'accounts' AS metric, toFloat64(uniqExactMerge(people)) AS value, now64(3) AS at FROM learning.activity_day_rows WHERE resolved = 0
UNION ALL
SELECT 'unresolved' AS part, 'events' AS metric, toFloat64(sum(events)) AS value, now64(3) AS at FROM ops.unresolved
UNION ALL
SELECT 'activity' AS part, 'events' AS metric, toFloat64(sum(activity_day_rows.events)) AS value, now64(3) AS at FROM learning.activity_day_rows
