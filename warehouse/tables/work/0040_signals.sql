-- What happened to work items, from the topic work.signals. A signal's id follows from the tool's own event,
-- and its item with it, so what comes twice is one row; of two the later in the log stays.
CREATE DATABASE IF NOT EXISTS work;

-- What happened to work items: one row a signal.
-- identity: pseudonym (account; links and places name things, and no text of anybody)
CREATE TABLE work.signal_rows (
    item String,
    id UUID,
    kind LowCardinality(String),
    happened LowCardinality(String),
    time DateTime64(3, 'UTC'),
    account UInt64,
    host LowCardinality(String),
    place LowCardinality(String),
    link String,
    detail LowCardinality(String),
    revision String,
    sequence UInt64
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (item, id)
SETTINGS min_bytes_for_full_part_storage = 10485760;
