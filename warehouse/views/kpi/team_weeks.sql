-- The team-week panel: learning by behaviour beside each KPI's weekly figure. Two series, no inference.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    a.team AS team,
    a.week AS week,
    a.behaviour AS behaviour,
    a.scaffold AS scaffold,
    a.events AS events,
    a.people AS people,
    k.kpi AS kpi,
    k.unit AS unit,
    k.direction AS direction,
    k.value AS value,
    k.n AS n
FROM learning.activity_weeks AS a
INNER JOIN
(
    SELECT team, toDate(period) AS week, kpi, unit, direction, value, n
    FROM kpi.observations
    WHERE grain = 'week'
) AS k ON k.team = a.team AND k.week = a.week
WHERE a.team != ''
