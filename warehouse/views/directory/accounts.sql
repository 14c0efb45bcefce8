-- Which person each account belongs to: by people.csv, by what somebody confirmed, by an address that its tool has
-- verified, by the account of the forge whose no-reply address it is; the first of these that says it.
-- identity: pseudonym (accounts and persons)
CREATE OR REPLACE VIEW directory.accounts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, argMin(person, place) AS person
FROM
(
    SELECT account, person, 1 AS place FROM directory.verified
    UNION ALL
    SELECT f.account AS account, v.person AS person, 2 AS place
    FROM (SELECT DISTINCT account, target FROM directory.forge_rows) AS f
    INNER JOIN directory.verified AS v ON v.account = f.target
)
GROUP BY account
