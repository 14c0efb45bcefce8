-- Of the tickets that were solved in a week, and are, those that had been taken up again at least once, by
-- the team of who solved them last.
-- unit: %
-- direction: down
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    100 * countIf(reopened > 0) / count() AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'ticket' AND closed IS NOT NULL AND closer_team != ''
GROUP BY team, period
