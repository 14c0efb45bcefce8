-- time, behaviour, events: every bucket of the range for every behaviour that occurred in it.
WITH
$learning
SELECT bucket AS time, behaviour, counts[bucket] AS events
FROM
(
    SELECT behaviour, sumMap(map(time, events)) AS counts
    FROM learning
    GROUP BY behaviour
)
ARRAY JOIN buckets AS bucket
ORDER BY time, behaviour
