-- What statements said of activities, each distinct definition once by source, the first one first.
SELECT activity, any(definition) AS text, toString(min(position)) AS place, source
FROM lrs.activity_definitions
WHERE activity IN {activities:Array(String)}
GROUP BY activity, digest, source
ORDER BY activity, min(position)
