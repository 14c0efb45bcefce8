-- The KPIs by name, unit and direction, whether any figure of theirs is of a group that is large enough to be
-- shown, and what kpis.toml declares of them: title, owner, source, and the least change that matters.
-- identity: none (names of figures, and which part of the organisation owns them)
CREATE OR REPLACE VIEW viewer.kpis DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    figures.kpi AS kpi,
    figures.unit AS unit,
    figures.direction AS direction,
    figures.shown AS shown,
    declared.title AS title,
    declared.owner AS owner,
    declared.source AS source,
    declared.matters AS matters
FROM
(
    SELECT
        observations.kpi AS kpi,
        any(observations.unit) AS unit,
        any(observations.direction) AS direction,
        kpi IN (SELECT kpi_periods.kpi FROM viewer.kpi_periods) AS shown
    FROM released.observations AS observations
    GROUP BY kpi
) AS figures
LEFT JOIN (SELECT * FROM kpi.catalogue) AS declared ON declared.kpi = figures.kpi
