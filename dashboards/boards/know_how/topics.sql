-- The topics of the weeks of the range, the most asked about first.
WITH {zone:String} AS zone
SELECT
    topic,
    sum(t.questions) AS questions,
    round(100 * sumIf(t.questions, outcome IN ('hour', 'day')) / questions) AS within_day,
    round(100 * sumIf(t.questions, outcome = 'open') / questions) AS unanswered,
    round(100 * sumIf(t.questions, outcome = '') / questions) AS untold
FROM viewer.question_topics AS t
WHERE $weeks_of_range
GROUP BY topic
ORDER BY topic = '', questions DESC, topic
LIMIT 50
