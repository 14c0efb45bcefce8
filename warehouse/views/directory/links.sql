-- What somebody confirmed, and what tools say of verified addresses, of each account: the last closed load of each rule.
-- identity: pseudonym (accounts, persons and addresses)
CREATE OR REPLACE VIEW directory.links DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, rule, targets, l.sequence AS sequence
FROM (SELECT * FROM directory.link_rows FINAL) AS r
INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = r.load
ORDER BY l.sequence DESC
LIMIT 1 BY account, rule
