-- The teams that can be chosen; 'Other' holds small teams and accounts nobody was found for.
SELECT team FROM (SELECT toString(team) AS team, 0 AS place FROM viewer.teams UNION ALL SELECT 'Other', 1)
ORDER BY place, team
