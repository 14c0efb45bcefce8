-- Incidents by the week in which they began and the team of who ended them. Incidents that are open, and those that a
-- program ended, are nobody's; a week without any has no figure.
-- unit: incidents a week
-- direction: down
-- grain: week
SELECT
    closer_team AS team,
    toMonday(opened_day) AS period,
    toFloat64(count()) AS value,
    count() AS n,
    uniqExactIf(closer, closer != 0) AS people
FROM work.items
WHERE kind = 'incident' AND opened IS NOT NULL AND closed IS NOT NULL AND closer_team != ''
GROUP BY team, period
