-- The KPIs' figures in their own grain, of teams that are large enough on the period's last day; those that
-- are derived from events only where the minimum group, and as many single observations, stand behind them.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW viewer.kpi_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT kpi, unit, direction, team, grain, toDate(period) AS first_day, value, n, origin
FROM released.observations
WHERE (origin = 'loaded' OR (people >= k AND n >= k))
    AND dictGetOrDefault(
        'released.team_size',
        'size',
        team,
        toDate32(multiIf(grain = 'day', period, grain = 'week', period + 6, toLastDayOfMonth(period))),
        toUInt32(0)
    ) >= k
