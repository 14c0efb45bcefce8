-- Statements that are voided. A void counts unless the voiding statement itself lost to an earlier delivery.
-- identity: none (ids of statements)
CREATE OR REPLACE VIEW lrs.voided DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id FROM lrs.voided_by_right
UNION DISTINCT
SELECT d.id AS id
FROM lrs.voided_deliveries AS d
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = d.id
WHERE t.winner = 0 OR t.winner = d.position
