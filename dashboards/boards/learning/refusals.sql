-- What was refused in the last seven days, the most first.
SELECT source, kind, rule, refused
FROM viewer.refusals
ORDER BY refused DESC, source, kind, rule
LIMIT 50
