-- Who is in which team.
SELECT * FROM directory.memberships ORDER BY ALL
