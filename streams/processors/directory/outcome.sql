-- Who is in which team, by whose clocks, whose accounts are by which rule, who may be named, and who owns what.
SELECT *
FROM
(
    SELECT toString(person) AS whose, team AS of, toString(from) AS by FROM directory.memberships
    UNION ALL
    SELECT toString(account) AS whose, toString(targets) AS of, rule AS by FROM directory.links
    UNION ALL
    SELECT toString(account) AS whose, toString(person) AS of, 'is' AS by FROM directory.accounts
    UNION ALL
    SELECT toString(person) AS whose, toString(findable) AS of, 'named' AS by FROM vault.findable
    UNION ALL
    SELECT toString(person) AS whose, zone AS of, toString(dictGet('directory.zone_offset', 'seconds', tuple(zone), toDateTime('2026-07-01', 'UTC'))) AS by
    FROM directory.person_zone
    UNION ALL
    SELECT concat(host, kind, ' ', like) AS whose, team AS of, toString(from) AS by FROM directory.place_owners
)
ORDER BY ALL
