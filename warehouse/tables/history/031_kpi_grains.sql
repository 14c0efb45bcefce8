-- A KPI's figures keep the grain in which they were given: a month is not its first day's week, and
-- the mean of days is not a week.

-- The team-week panel: learning by behaviour beside each KPI's weekly figure. Two series, no inference.
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
WHERE a.team != '';

-- Learning beside each KPI in the KPI's own grain: a day, a week (from its Monday) or a month (from its
-- first day). n is how many single observations the figure sums up; 0 is not known.
CREATE VIEW kpi.team_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    a.team AS team,
    a.grain AS grain,
    a.period AS period,
    a.behaviour AS behaviour,
    a.scaffold AS scaffold,
    a.events AS events,
    a.people AS people,
    k.kpi AS kpi,
    k.unit AS unit,
    k.direction AS direction,
    k.value AS value,
    k.n AS n
FROM
(
    SELECT
        team,
        arrayJoin(['day', 'week', 'month']) AS grain,
        toDate32(multiIf(grain = 'day', day, grain = 'week', toMonday(day), toStartOfMonth(day))) AS period,
        behaviour,
        scaffold,
        sum(activity_day_rows.events) AS events,
        uniqExactMerge(activity_day_rows.people) AS people
    FROM learning.activity_day_rows
    WHERE team != ''
    GROUP BY team, grain, period, behaviour, scaffold
) AS a
INNER JOIN kpi.observations AS k ON k.team = a.team AND k.grain = a.grain AND k.period = a.period;

CREATE OR REPLACE VIEW viewer.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    week,
    team,
    behaviour,
    scaffold,
    events,
    if(team_weeks.people >= k, team_weeks.people, NULL) AS people,
    kpi,
    unit,
    direction,
    value,
    n
FROM kpi.team_weeks
WHERE dictGetOrDefault('directory.team_size', 'size', team, toDate32(week + 6), toUInt32(0)) >= k;

-- The KPIs' figures in their own grain, of teams that are large enough on the period's last day.
CREATE VIEW viewer.kpi_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT kpi, unit, direction, team, grain, toDate(period) AS first_day, value, n, origin
FROM kpi.observations
WHERE dictGetOrDefault(
    'directory.team_size',
    'size',
    team,
    toDate32(multiIf(grain = 'day', period, grain = 'week', period + 6, toLastDayOfMonth(period))),
    toUInt32(0)
) >= k;

-- The weekly figures alone.
CREATE OR REPLACE VIEW viewer.kpi_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kpi, unit, direction, team, first_day AS week, value, n, origin
FROM viewer.kpi_periods
WHERE grain = 'week';
