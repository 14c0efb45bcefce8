-- Each person as the last load says that viewers are shown. Loads show together, when they change the minimum
-- group or more, or with the next week (streams/release.py): so that no figure changes by one person.
-- identity: pseudonym (persons and accounts)
CREATE OR REPLACE VIEW released.people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT p.person AS person, start, manager, accounts, teams, timezone, l.sequence AS sequence
FROM (SELECT * FROM directory.person_rows FINAL) AS p
INNER JOIN
(
    SELECT load, sequence
    FROM directory.load_rows FINAL
    WHERE sequence <= (SELECT max(sequence) FROM released.release_rows HAVING count() > 0)
) AS l ON l.load = p.load
ORDER BY l.sequence DESC
LIMIT 1 BY person
