-- Statements that somebody voided who may void what others wrote: these voids undo every delivery of an id.
-- One counts unless the voiding statement itself lost to an earlier delivery.
-- identity: none (ids of statements)
CREATE OR REPLACE VIEW lrs.voided_by_right DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT v.id AS id
FROM lrs.voids AS v
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = v.voided_by
WHERE v.own_only = 0 AND (t.winner = 0 OR t.winner = v.position)
