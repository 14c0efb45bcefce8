-- Of the tickets that were solved in a week, and are, those that one answer solved: answered once and never taken up
-- again. By the team of who solved them last. Tickets that were solved without an answer count as not.
-- unit: %
-- direction: up
-- grain: week
SELECT
    closer_team AS team,
    toMonday(closed_day) AS period,
    100 * countIf(answers = 1 AND reopened = 0) / count() AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'ticket' AND closed IS NOT NULL AND closer_team != ''
GROUP BY team, period
