-- The days' cells from the deduplicated facts; a day of the organisation lies within a day either way.
-- Date32, as a Date counts round at its ends.
INSERT INTO $staging
SELECT
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    resolved,
    count() AS events,
    uniqExactState(person) AS people
FROM learning.events
WHERE time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
    AND time < toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC')
    AND day IN {periods:Array(Date)}
GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
SETTINGS max_partitions_per_insert_block = 0
