-- Learning beside each KPI in the KPI's own grain: a day, a week (from its Monday) or a month (from its
-- first day). n is how many single observations the figure sums up; 0 is not known.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.team_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
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
INNER JOIN kpi.observations AS k ON k.team = a.team AND k.grain = a.grain AND k.period = a.period
