-- How each connection stands, from the topic ops.connections: a row for a run of a part, a stream (empty for
-- deliveries) and a day, whose newest telling stays. Counts are of that run and day alone, so that sums of rows are
-- exact whatever is told again.
-- identity: none (names of connections, times and counts)
CREATE TABLE ops.connection_rows
(
    connection LowCardinality(String),
    connector LowCardinality(String),
    part LowCardinality(String),
    stream LowCardinality(String),
    run UUID,
    day Date,
    began DateTime64(3, 'UTC'),
    at DateTime64(3, 'UTC'),
    delivered Nullable(DateTime64(3, 'UTC')),
    read Nullable(DateTime64(3, 'UTC')),
    every Float64,
    accepted UInt64,
    refused Map(LowCardinality(String), UInt64)
) ENGINE = ReplacingMergeTree(at)
ORDER BY (connection, part, stream, run, day)
TTL day + INTERVAL 400 DAY
SETTINGS min_bytes_for_full_part_storage = 10485760;
