-- The KPIs' figures in their own grain, of teams that are large enough on the period's last day.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW viewer.kpi_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT kpi, unit, direction, team, grain, toDate(period) AS first_day, value, n, origin
FROM kpi.observations
WHERE dictGetOrDefault(
    'directory.team_size',
    'size',
    team,
    toDate32(multiIf(grain = 'day', period, grain = 'week', period + 6, toLastDayOfMonth(period))),
    toUInt32(0)
) >= k
