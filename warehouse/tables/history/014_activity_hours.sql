-- A day of many facts keeps its cells by the hour beside it: the day is put together from them, so a
-- new event has its hour read again, not its whole day (streams/rollups.py).
CREATE TABLE learning.activity_hour_rows
(
    day Date,
    hour DateTime('UTC'),
    team LowCardinality(String),
    tenure_band LowCardinality(String),
    tool LowCardinality(String),
    behaviour LowCardinality(String),
    scaffold LowCardinality(String),
    resolved UInt8,
    events UInt64,
    people AggregateFunction(uniqExact, UInt64)
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (day, hour, team, tenure_band, tool, behaviour)
SETTINGS allow_nullable_key = 0;

-- Marks that are done go ten minutes of them at a time, so that looking for those that are not stays
-- cheap; none goes before it is done, however long that takes.
CREATE TABLE ops.mark_rows_before
(
    hour DateTime('UTC'),
    mark UUID,
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    version UInt8,
    gone UInt8
) ENGINE = ReplacingMergeTree(version, gone)
PARTITION BY toYYYYMMDDhhmmss(toStartOfTenMinutes(at))
ORDER BY (hour, mark);

EXCHANGE TABLES ops.mark_rows AND ops.mark_rows_before;

INSERT INTO ops.mark_rows (hour, mark, version, gone)
SELECT hour, mark, 0, 0
FROM ops.mark_rows_before FINAL;

DROP TABLE ops.mark_rows_before;
