-- Who is in which team, and whose accounts are by which rule.
SELECT *
FROM
(
    SELECT toString(person) AS whose, team AS of, toString(from) AS by FROM directory.memberships
    UNION ALL
    SELECT toString(account) AS whose, toString(targets) AS of, rule AS by FROM directory.links
    UNION ALL
    SELECT toString(account) AS whose, toString(person) AS of, 'is' AS by FROM directory.accounts
)
ORDER BY ALL
