-- What kpis.toml declares, as the worker has read it: a row a KPI, and of the rows of one KPI the newest. One
-- that is declared no more has `declared` 0.
-- identity: none (what KPIs are, and which part of the organisation owns them)
CREATE TABLE kpi.catalogue_rows
(
    kpi String,
    title String,
    unit String,
    direction LowCardinality(String),
    aggregation LowCardinality(String),
    owner String,
    source String,
    matters Nullable(Float64),
    description String,
    declared UInt8,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY kpi;
