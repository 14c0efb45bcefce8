-- Every KPI's figures: those that were loaded, and those that the worker derives from events and signals, one file each in
-- kpis/derived. n is how many single observations a figure sums up; 0 is not known. people is how many different
-- people are behind a derived one; of loaded ones it is not known (0). A ratio has its numerator and denominator;
-- weight is what it counts by in a mean over teams: its denominator, else n. Of a cell's closed loads the last one
-- counts; of figures with a revision the highest, as it came first. Of a KPI that is derived only what is derived is here:
-- what was loaded by its name, before it was one, is left out.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.observations DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    kpi,
    unit,
    direction,
    team,
    period,
    grain,
    value,
    n,
    toUInt64(0) AS people,
    'loaded' AS origin,
    numerator,
    denominator,
    target,
    ifNull(denominator, toFloat64(n)) AS weight
FROM
(
    SELECT *
    FROM
    (
        SELECT o.*, l.sequence AS closed
        FROM
        (
            SELECT *
            FROM kpi.observation_rows FINAL
            WHERE kpi NOT IN (SELECT kpi FROM kpi.derived_rows FINAL WHERE inputs != 0 AND unit != 'mark')
        ) AS o
        INNER JOIN (SELECT load, sequence FROM kpi.load_rows FINAL) AS l ON l.load = o.load
        ORDER BY revision DESC, if(revision = 0, -toInt64(closed), toInt64(closed))
        LIMIT 1 BY kpi, team, grain, period, revision = 0
    )
    ORDER BY closed DESC
    LIMIT 1 BY kpi, team, grain, period
)
UNION ALL
SELECT kpi, unit, direction, team, period, grain, value, n, people, 'derived' AS origin, NULL, NULL, NULL, toFloat64(n) AS weight
FROM kpi.derived
