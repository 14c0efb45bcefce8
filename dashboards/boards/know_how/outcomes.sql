-- time (Monday), outcome, questions: the weeks of the range; a week in which nobody asked has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(outcome = '', 'any', toString(outcome)) AS outcome,
    sum(questions.questions) AS questions
FROM viewer.questions AS questions
WHERE $weeks_of_range
GROUP BY week, outcome
ORDER BY time, outcome
