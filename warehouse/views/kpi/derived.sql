-- The figures of derived KPIs, as the worker computed them last.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.derived DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    CAST(kpi, 'String') AS kpi,
    CAST(unit, 'String') AS unit,
    CAST(direction, 'String') AS direction,
    cell.team AS team,
    cell.period AS period,
    CAST(grain, 'String') AS grain,
    cell.value AS value,
    cell.n AS n,
    cell.people AS people
FROM kpi.derived_rows FINAL
ARRAY JOIN cells AS cell
WHERE NOT released AND unit != 'mark'
