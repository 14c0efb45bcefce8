-- Of the deals that were closed in a week those that were won, by the team of who closed them.
-- unit: %
-- direction: up
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    100 * countIf(outcome = 'won') / count() AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'deal' AND closed IS NOT NULL AND outcome IN ('won', 'lost') AND closer_team != ''
GROUP BY team, period
