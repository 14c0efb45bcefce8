-- Median hours from an incident's beginning to its end, by the team of who ended it and the week. One of DORA's four keys.
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
WHERE kind = 'incident' AND opened IS NOT NULL AND closed IS NOT NULL AND closer_team != ''
GROUP BY team, period
