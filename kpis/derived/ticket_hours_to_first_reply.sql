-- Median hours from a ticket's opening to the first answer, by the team of who gave it and the week.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    answerer_team AS team,
    toMonday(answered_day) AS period,
    quantileExact(0.5)(dateDiff('second', opened, answered) / 3600) AS value,
    count() AS n,
    uniqExactIf(answerer, answerer != 0) AS people
FROM work.items
WHERE kind = 'ticket' AND answered >= opened AND answerer_team != ''
GROUP BY team, period
