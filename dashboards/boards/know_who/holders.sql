-- Topics as they stood last in the range: those that few hold first.
WITH {zone:String} AS zone
SELECT
    topic,
    concat(toString(argMax(t.people, week)), ' or more') AS people,
    if(
        argMax(t.half, week) = 0,
        concat('few (under ', toString((SELECT minimum_group FROM viewer.settings)), ')'),
        concat(toString(argMax(t.half, week)), ' or more')) AS half
FROM viewer.topic_people AS t
WHERE $weeks_of_range
GROUP BY topic
ORDER BY argMax(t.half, week), argMax(t.people, week) DESC, topic
LIMIT 50
