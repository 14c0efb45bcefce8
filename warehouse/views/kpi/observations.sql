-- Every KPI's figures: those that were loaded (of a cell's closed loads the last one), and those that are
-- derived from events, one file each in kpis/derived. n is how many single observations a figure sums up; 0
-- is not known. people is how many different people are behind a derived one; of loaded ones it is not known (0).
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.observations DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kpi, unit, direction, team, period, grain, value, n, toUInt64(0) AS people, 'loaded' AS origin
FROM
(
    SELECT o.*, l.sequence AS closed
    FROM (SELECT * FROM kpi.observation_rows FINAL) AS o
    INNER JOIN (SELECT load, sequence FROM kpi.load_rows FINAL) AS l ON l.load = o.load
    ORDER BY closed DESC
    LIMIT 1 BY kpi, team, grain, period
)
-- derived: every file of kpis/derived
