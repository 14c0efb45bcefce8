-- Median days from a deal's opening to winning it, by the team of who closed it and the week.
-- unit: days
-- direction: down
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    quantileExact(0.5)(dateDiff('second', opened, closed) / 86400) AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'deal' AND outcome = 'won' AND closed >= opened AND closer_team != ''
GROUP BY team, period
