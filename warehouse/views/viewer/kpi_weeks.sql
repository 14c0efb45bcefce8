-- The weekly figures alone.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW viewer.kpi_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kpi, unit, direction, team, first_day AS week, value, n, origin, target
FROM viewer.kpi_periods
WHERE grain = 'week'
