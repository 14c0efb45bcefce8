-- The team-week panel of what may be shown: a team's learning events and people by scaffold beside each KPI.
-- identity: none (figures of teams; people down to a multiple of the minimum group)
CREATE OR REPLACE VIEW viewer.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    a.week AS week,
    a.team AS team,
    a.scaffold AS scaffold,
    a.events AS events,
    p.people AS people,
    k.kpi AS kpi,
    k.unit AS unit,
    k.direction AS direction,
    k.value AS value,
    k.n AS n
FROM
(
    SELECT week, team, scaffold, sum(team_rows.events) AS events
    FROM published.team_rows
    WHERE team != 'Other'
    GROUP BY week, team, scaffold
) AS a
INNER JOIN viewer.kpi_weeks AS k ON k.team = a.team AND k.week = a.week
INNER JOIN published.people_rows AS p ON p.team = a.team AND p.week = a.week AND p.scaffold = a.scaffold
