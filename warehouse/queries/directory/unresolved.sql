-- Accounts with learning events that no person stands for, by tool, and the person who alone has other accounts
-- with the same verified address, if there is one.
WITH
    addresses AS (SELECT account, arrayJoin(targets) AS target FROM directory.links WHERE rule = 'address'),
    suggested AS
    (
        SELECT account, any(candidate) AS person
        FROM
        (
            SELECT one.account AS account, known.person AS candidate
            FROM addresses AS one
            INNER JOIN addresses AS other ON other.target = one.target
            INNER JOIN directory.accounts AS known ON known.account = other.account
            UNION ALL
            SELECT one.account AS account, named.person AS candidate
            FROM addresses AS one
            INNER JOIN directory.named AS named ON named.account = one.target
        )
        GROUP BY account
        HAVING uniqExact(candidate) = 1
    ),
    identified AS (SELECT account, any(identifier) AS identifier FROM vault.account_rows GROUP BY account),
    named AS
    (
        SELECT s.account AS account, p.person_id AS person_id
        FROM suggested AS s
        INNER JOIN vault.people_current AS p ON p.person = s.person
    )
SELECT
    e.tool AS tool,
    i.identifier AS identifier,
    e.events AS events,
    toString(e.last) AS last_seen,
    n.person_id AS suggestion
FROM
(
    SELECT tool, account, count() AS events, toDate(max(time)) AS last
    FROM learning.events
    WHERE NOT resolved AND account != 0 AND behaviour != 'none'
    GROUP BY tool, account
) AS e
INNER JOIN identified AS i ON i.account = e.account
LEFT JOIN named AS n ON n.account = e.account
ORDER BY tool, events DESC, identifier
