-- Whether each person agreed to be named as somebody who knows a topic: the last word counts, by people.csv or by
-- `headwater directory findable`. A no by the command stands until a yes by the command (`withdrawn`): a file that was
-- written before takes nobody's no back.
-- identity: personal (names)
CREATE OR REPLACE VIEW vault.findable DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    p.person AS person,
    p.person_id AS person_id,
    JSONExtractString(p.value, 'name') AS name,
    h.sequence > 0 AND NOT h.findable AS withdrawn,
    multiIf(withdrawn, false, h.sequence > p.sequence, true, JSONExtractBool(p.value, 'findable')) AS findable
FROM vault.people_current AS p
LEFT JOIN
(
    SELECT r.person AS person, argMax(r.findable, l.sequence) AS findable, max(l.sequence) AS sequence
    FROM (SELECT * FROM directory.findable_rows FINAL) AS r
    INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = r.load
    GROUP BY r.person
) AS h ON h.person = p.person
