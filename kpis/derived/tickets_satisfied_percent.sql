-- Of the tickets that were solved in a week and rated by who asked, those rated good, by the team of who solved them.
-- unit: %
-- direction: up
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    100 * countIf(satisfied = 'good') / count() AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'ticket' AND closed IS NOT NULL AND satisfied IN ('good', 'bad') AND closer_team != ''
GROUP BY team, period
