-- Deliveries that were voided by whom they are from, and nothing else of their ids.
-- identity: none (ids of statements)
CREATE OR REPLACE VIEW lrs.voided_deliveries DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT o.id AS id, o.position AS position
FROM lrs.own_voids AS o
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = o.voided_by
WHERE t.winner = 0 OR t.winner = o.void_position
