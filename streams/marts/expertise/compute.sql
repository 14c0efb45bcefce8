-- What each person did for topics on these days, from the deduplicated facts; a day of the organisation lies within a
-- day either way. Date32, as a Date counts round at its ends.
INSERT INTO $staging
SELECT
    e.day AS day,
    if(part = 'thanked', e.counterpart_person, e.person) AS person,
    e.topic AS topic,
    countIf(part = 'helped') AS helped,
    countIf(part = 'accepted') AS accepted,
    countIf(part = 'recorded') AS recorded,
    countIf(part = 'reviewed') AS reviewed,
    countIf(part = 'thanked') AS thanked
FROM
(
    SELECT
        day,
        person,
        counterpart_person,
        topic,
        multiIf(
            verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false), 'accepted',
            verb IN ('http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve'), 'reviewed',
            behaviour = 'help', if(counterpart_person = person, '', 'helped'),
            behaviour = 'record', 'recorded',
            behaviour = 'reinforce' AND counterpart_person NOT IN (0, person), 'thanked',
            '') AS part
    FROM learning.events
    WHERE time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
        AND time < toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC')
        AND day IN {periods:Array(Date)}
        AND topic != ''
        AND behaviour != 'ask'
        AND scaffold NOT IN ('none', 'formal')
) AS e
WHERE part != '' AND if(part = 'thanked', e.counterpart_person, e.person) != 0
GROUP BY day, person, topic
SETTINGS max_partitions_per_insert_block = 0
