-- The KPIs' figures in their own grain, of teams that are large enough on the period's last day; those that
-- are derived from events only where the minimum group, and as many single observations, stand behind them.
-- aggregation is how teams are taken together, as kpis.toml declares: mean, ratio or sum.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW viewer.kpi_periods DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    figures.kpi AS kpi,
    figures.unit AS unit,
    figures.direction AS direction,
    figures.team AS team,
    figures.grain AS grain,
    toDate(figures.period) AS first_day,
    figures.value AS value,
    figures.n AS n,
    figures.origin AS origin,
    figures.target AS target,
    figures.weight AS weight,
    if(declared.aggregation = '', 'mean', declared.aggregation) AS aggregation
FROM released.observations AS figures
LEFT JOIN (SELECT kpi, aggregation FROM kpi.catalogue) AS declared ON declared.kpi = figures.kpi
WHERE (figures.origin = 'loaded' OR (figures.people >= k AND figures.n >= k))
    AND dictGetOrDefault(
        'released.team_size',
        'size',
        figures.team,
        toDate32(
            multiIf(
                figures.grain = 'day', figures.period,
                figures.grain = 'week', figures.period + 6,
                toLastDayOfMonth(figures.period)
            )
        ),
        toUInt32(0)
    ) >= k
