-- Events and accounts that nobody in the directory is known for, by tool.
-- identity: none (counts by tool)
CREATE OR REPLACE VIEW ops.unresolved DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT tool, sum(events) AS events, uniqExactMerge(people) AS accounts
FROM learning.activity_day_rows
WHERE resolved = 0
GROUP BY tool
