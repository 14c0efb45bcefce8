-- KPI observations. A load counts once its closing record is there; of a cell's loads the last
-- complete one wins.

CREATE TABLE kpi.load_rows
(
    load UUID,
    sequence UInt64,
    observations UInt64,
    at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY load;

CREATE TABLE kpi.observation_rows
(
    load UUID,
    sequence UInt64,
    kpi LowCardinality(String),
    unit LowCardinality(String),
    direction LowCardinality(String),
    team LowCardinality(String),
    period Date32,
    grain LowCardinality(String),
    value Float64,
    n UInt64
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (kpi, team, grain, period, load);

-- Median hours from opening to closing an issue, by the team of who closed it and the week.
CREATE VIEW kpi.issue_hours DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    team,
    toMonday(day) AS week,
    quantileExact(0.5)(duration / 3600) AS hours,
    count() AS issues
FROM learning.events
WHERE verb = 'http://activitystrea.ms/close'
    AND object_type = 'http://activitystrea.ms/issue'
    AND duration > 0
    AND team != ''
GROUP BY team, week;

CREATE VIEW kpi.observations DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kpi, unit, direction, team, period, grain, value, n, 'loaded' AS origin
FROM
(
    SELECT o.*, l.sequence AS closed
    FROM (SELECT * FROM kpi.observation_rows FINAL) AS o
    INNER JOIN (SELECT load, sequence FROM kpi.load_rows FINAL) AS l ON l.load = o.load
    ORDER BY closed DESC
    LIMIT 1 BY kpi, team, grain, period
)
UNION ALL
SELECT
    'issue_hours_to_close' AS kpi,
    'hours' AS unit,
    'down' AS direction,
    team,
    toDate32(week) AS period,
    'week' AS grain,
    hours AS value,
    issues AS n,
    'derived' AS origin
FROM kpi.issue_hours;

-- The team-week panel: learning by behaviour beside each KPI. Two series, no inference.
CREATE VIEW kpi.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
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
    k.value AS value
FROM learning.activity_weeks AS a
INNER JOIN
(
    SELECT
        team,
        toMonday(period) AS week,
        kpi,
        any(unit) AS unit,
        any(direction) AS direction,
        avg(observations.value) AS value
    FROM kpi.observations
    GROUP BY team, week, kpi
) AS k ON k.team = a.team AND k.week = a.week
WHERE a.team != '';
