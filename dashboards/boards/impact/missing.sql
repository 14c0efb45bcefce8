-- Of which links of a KPI there is too little data, by method and what is missing.
SELECT
    toString(method) AS method,
    if(method IN ('rollout', 'interruption') OR count() < 4, arrayStringConcat(arraySort(groupArray(toString(behaviour))), ', '), concat(toString(count()), ' behaviours')) AS about,
    arrayStringConcat(l.lacks, '; ') AS lacks
FROM viewer.links AS l
WHERE kpi = {kpi:String} AND kind = 'missing'
GROUP BY method, l.lacks
ORDER BY method, lacks
