-- What each person did for topics on these days, from the deduplicated facts; a day of the organisation lies within a
-- day either way. Date32, as a Date counts round at its ends.
INSERT INTO $staging
SELECT
    day,
    person,
    topic,
    countIf(part = 'helped') AS helped,
    countIf(part = 'accepted') AS accepted,
    countIf(part = 'recorded') AS recorded,
    countIf(part = 'reviewed') AS reviewed,
    countIf(part = 'thanked') AS thanked
FROM
(
$earned
)
GROUP BY day, person, topic
SETTINGS max_partitions_per_insert_block = 0
