-- Which person each account is said to be of: by people.csv; beside it by what somebody confirmed.
-- identity: pseudonym (accounts and persons)
CREATE OR REPLACE VIEW directory.named DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, argMin(person, place) AS person
FROM
(
    SELECT account, argMax(person, sequence) AS person, 1 AS place
    FROM (SELECT arrayJoin(accounts) AS account, person, sequence FROM directory.people)
    GROUP BY account
    UNION ALL
    SELECT account, targets[1] AS person, 2 AS place
    FROM directory.links
    WHERE rule = 'hand' AND notEmpty(targets)
)
GROUP BY account
