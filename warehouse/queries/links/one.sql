-- A link by the beginning of its id, the newest first.
SELECT *
FROM kpi.links
WHERE startsWith(id, {id:String})
ORDER BY at DESC
LIMIT 1
