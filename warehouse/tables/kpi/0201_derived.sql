-- Derived KPIs, a row each, with all its cells: so a KPI is swapped in whole by one insert, and no cell stays that is no
-- more. `released` says by which directory: as it is, or as viewers are shown it. `inputs` is a digest of all that it
-- was computed from; where that has changed since, it is computed anew. Of one KPI's rows that of the highest `number`
-- counts.
-- identity: none (figures of teams)
CREATE TABLE kpi.derived_rows
(
    kpi LowCardinality(String),
    released Bool,
    unit LowCardinality(String),
    direction LowCardinality(String),
    grain LowCardinality(String),
    cells Array(Tuple(team String, period Date32, value Float64, n UInt64, people UInt64)),
    inputs UInt64,
    number UInt64,
    at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(number)
ORDER BY (kpi, released)
SETTINGS min_bytes_for_full_part_storage = 10485760;
