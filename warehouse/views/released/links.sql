-- What is known of accounts beside people.csv, as the last load says that viewers are shown.
-- identity: pseudonym (accounts, persons and addresses)
CREATE OR REPLACE VIEW released.links DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, rule, targets, l.sequence AS sequence
FROM (SELECT * FROM directory.link_rows FINAL) AS r
INNER JOIN
(
    SELECT load, sequence
    FROM directory.load_rows FINAL
    WHERE sequence <= (SELECT max(sequence) FROM released.release_rows HAVING count() > 0)
) AS l ON l.load = r.load
ORDER BY l.sequence DESC
LIMIT 1 BY account, rule
