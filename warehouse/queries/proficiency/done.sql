-- Work items that persons finished, by week: changes that were merged, by who opened them; tickets, incidents and deals, by
-- who closed them. Weeks that are over.
SELECT person, team, kind, toDate32(monday) AS monday, count() AS items
FROM
(
    SELECT opener AS person, opener_team AS team, kind, toMonday(closed_day) AS monday
    FROM released.items
    WHERE kind = 'change' AND outcome = 'merged'
    UNION ALL
    SELECT closer AS person, closer_team AS team, kind, toMonday(closed_day) AS monday
    FROM released.items
    WHERE kind IN ('ticket', 'incident', 'deal') AND closed IS NOT NULL
)
WHERE person != 0 AND team != '' AND toDate32(monday) <= {last:Date32}
GROUP BY person, team, kind, monday
