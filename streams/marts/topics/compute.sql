-- What was done in each topic on these days, from the deduplicated facts; a day of the organisation lies within a day
-- either way. Date32, as a Date counts round at its ends.
INSERT INTO $staging
SELECT
    e.day AS day,
    e.topic AS topic,
    count() AS events,
    arraySort(groupUniqArrayIf(e.person, e.person != 0)) AS people,
    arraySort(groupUniqArrayIf(e.person, e.person != 0 AND e.behaviour = 'ask')) AS askers,
    arraySort(groupUniqArrayIf(
        e.person,
        e.person != 0 AND (e.behaviour = 'help' OR (e.verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(e.success, false) AND e.scaffold != 'formal' AND e.behaviour != 'ask')))) AS helpers
FROM learning.events AS e
WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC')
    AND e.day IN {periods:Array(Date)}
    AND e.scaffold != 'none'
    AND e.topic != ''
GROUP BY day, topic
SETTINGS max_partitions_per_insert_block = 0
