-- Which person each account is of, by what is said or by its verified addresses; of nobody whose addresses are of
-- two persons.
-- identity: pseudonym (accounts and persons)
CREATE OR REPLACE VIEW directory.verified DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, argMin(person, place) AS person
FROM
(
    SELECT account, person, 1 AS place FROM directory.named
    UNION ALL
    SELECT k.account AS account, any(n.person) AS person, 2 AS place
    FROM (SELECT account, arrayJoin(targets) AS target FROM directory.links WHERE rule = 'address') AS k
    INNER JOIN directory.named AS n ON n.account = k.target
    GROUP BY k.account
    HAVING uniqExact(n.person) = 1
)
GROUP BY account
