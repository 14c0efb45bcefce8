-- What each person did on these days, from the deduplicated facts; a day of the organisation lies within a day
-- either way. Date32, as a Date counts round at its ends.
INSERT INTO $staging
SELECT
    e.day AS day,
    e.person AS person,
    max(e.resolved) AS resolved,
    argMax(e.team, e.time) AS team,
    argMax(e.tenure_band, e.time) AS tenure_band,
    count() AS events,
    countIf(e.scaffold = 'discovery') AS discovery,
    countIf(e.scaffold = 'practice') AS practice,
    countIf(e.scaffold = 'sharing') AS sharing,
    countIf(e.scaffold = 'reinforcement') AS reinforcement,
    countIf(e.scaffold = 'formal') AS formal,
    sumMap(map(e.behaviour, toUInt32(1))) AS behaviours,
    arraySort(groupUniqArrayIf(e.counterpart, e.counterpart != 0)) AS counterparts
FROM learning.events AS e
WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC')
    AND e.day IN {periods:Array(Date)}
    AND e.scaffold != 'none'
GROUP BY day, person
SETTINGS max_partitions_per_insert_block = 0
