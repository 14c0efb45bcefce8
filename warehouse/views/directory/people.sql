-- Each person as the last closed load that names them says.
-- identity: pseudonym (persons and accounts)
CREATE OR REPLACE VIEW directory.people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT p.person AS person, start, manager, accounts, teams, timezone, l.sequence AS sequence
FROM (SELECT * FROM directory.person_rows FINAL) AS p
INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = p.load
ORDER BY l.sequence DESC
LIMIT 1 BY person
