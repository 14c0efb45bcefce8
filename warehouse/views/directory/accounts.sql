-- Which person each account belongs to, by the last closed load.
-- identity: pseudonym (accounts and persons)
CREATE OR REPLACE VIEW directory.accounts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, argMax(person, sequence) AS person
FROM (SELECT arrayJoin(accounts) AS account, person, sequence FROM directory.people)
GROUP BY account
