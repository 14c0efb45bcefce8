-- The KPIs by name, unit and direction, and whether any figure of theirs is of a group that is large enough to be
-- shown.
-- identity: none (names of figures)
CREATE OR REPLACE VIEW viewer.kpis DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    observations.kpi AS kpi,
    any(observations.unit) AS unit,
    any(observations.direction) AS direction,
    kpi IN (SELECT kpi_periods.kpi FROM viewer.kpi_periods) AS shown
FROM released.observations AS observations
GROUP BY kpi
