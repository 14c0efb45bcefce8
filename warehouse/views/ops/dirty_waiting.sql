-- Dirty hours that a mart has still to take in, a row each and mart.
-- identity: none (hours)
CREATE OR REPLACE VIEW ops.dirty_waiting DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT m.mart AS mart, d.hour AS hour, d.id AS id, d.at AS at
FROM ops.dirty_hours AS d
CROSS JOIN (SELECT mart FROM ops.mart_rows FINAL WHERE gone = 0) AS m
WHERE (d.mart = '' OR d.mart = m.mart)
    AND (m.mart, d.id) NOT IN (SELECT mart, dirty FROM ops.mart_positions)
