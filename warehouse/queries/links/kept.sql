-- What was estimated of data whose last week is this one: the newest row of each id.
SELECT *
FROM kpi.links
WHERE until = {until:Date32}
ORDER BY at DESC
LIMIT 1 BY id
