-- Each person as loaded last, with name and accounts.
-- identity: personal (names and accounts)
CREATE OR REPLACE VIEW vault.people_current DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT p.person AS person, person_id, value, l.sequence AS sequence
FROM (SELECT * FROM vault.person_rows FINAL) AS p
INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = p.load
ORDER BY l.sequence DESC
LIMIT 1 BY person
