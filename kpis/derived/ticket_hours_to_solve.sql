-- Median hours from a ticket's opening to its last solving, by the team of who solved it and the week. A ticket
-- that is taken up again leaves the week in which it had been solved.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    quantileExact(0.5)(dateDiff('second', opened, closed) / 3600) AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'ticket' AND closed >= opened AND closer_team != ''
GROUP BY team, period
