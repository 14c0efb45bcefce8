-- What was found of KPIs and learning, by run. A row is one method's answer for one KPI and one behaviour,
-- over teams of at least the minimum group; where there was less data than the method needs it has no figure.
-- `data` is a hash of the team-weeks that it was computed from, `parameters` what it was computed with.
-- identity: none (figures over at least the floor's teams)
CREATE TABLE kpi.link_rows
(
    id String,
    run UUID,
    at DateTime64(3, 'UTC'),
    method LowCardinality(String),
    kpi LowCardinality(String),
    unit LowCardinality(String),
    direction LowCardinality(String),
    behaviour LowCardinality(String),
    kind LowCardinality(String),
    more Float64,
    estimate Nullable(Float64),
    low Nullable(Float64),
    high Nullable(Float64),
    p Nullable(Float64),
    q Nullable(Float64),
    family UInt32,
    lag Int16,
    n UInt64,
    clusters UInt32,
    weeks UInt32,
    detectable Nullable(Float64),
    placebo Nullable(Float64),
    placebo_p Nullable(Float64),
    doubts Array(String),
    lacks Array(String),
    profile Array(Tuple(at Int16, estimate Float64, low Float64, high Float64)),
    verdict String,
    since Date32,
    until Date32,
    parameters String,
    data String
) ENGINE = MergeTree
ORDER BY (method, kpi, behaviour, at)
TTL toDateTime(at) + INTERVAL 800 DAY
SETTINGS min_bytes_for_full_part_storage = 10485760;
