-- Topics of the weeks of the range that are answered more often than they are read about.
WITH {zone:String} AS zone
SELECT q.topic AS topic, q.answered AS answered, c.readings AS readings
FROM
(
    SELECT topic, sumIf(t.questions, outcome NOT IN ('open', '')) AS answered
    FROM viewer.question_topics AS t
    WHERE $weeks_of_range
    GROUP BY topic
) AS q
LEFT JOIN
(
    SELECT topic, sum(t.readings) AS readings
    FROM viewer.content_topics AS t
    WHERE $weeks_of_range
    GROUP BY topic
) AS c ON c.topic = q.topic
WHERE q.topic != '' AND q.answered >= 3 AND q.answered > c.readings
ORDER BY q.answered - c.readings DESC, topic
LIMIT 30
