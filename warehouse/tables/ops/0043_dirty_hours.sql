-- Hours of which a fact, a membership or an account's person changed, appended by whatever changes one and
-- never altered. `mart` is '' where every mart has to take the hour in, else that mart's name. Rows that every
-- mart has taken in are dropped a part at a time (streams/rollups.py).
-- identity: none (hours)
CREATE TABLE ops.dirty_hours
(
    hour DateTime('UTC'),
    mart LowCardinality(String) DEFAULT '',
    id UUID DEFAULT generateUUIDv4(),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree
PARTITION BY toYYYYMMDDhhmmss(toStartOfTenMinutes(at))
ORDER BY (hour, id)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- How far each mart has taken dirty hours in: each one that it includes (`dirty` is its id, `at` its time). A
-- position that is a time would pass over a row that was given its time early and became visible late.
-- identity: none (ids)
CREATE TABLE ops.mart_positions
(
    mart LowCardinality(String),
    dirty UUID,
    at DateTime64(3, 'UTC')
) ENGINE = MergeTree
PARTITION BY toYYYYMMDDhhmmss(toStartOfTenMinutes(at))
ORDER BY (mart, dirty)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The marts that the worker keeps, each with a digest of its definition: another one has all of history
-- computed anew. '' is still to be computed; 'kept' is what stood there before marts had a definition.
-- identity: none (names)
CREATE TABLE ops.mart_rows
(
    mart LowCardinality(String),
    definition String,
    gone UInt8,
    at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(at)
ORDER BY mart;

INSERT INTO ops.mart_rows (mart, definition, gone) SELECT 'activity', 'kept', 0;

-- What was still to be taken in.
INSERT INTO ops.dirty_hours (hour, id, at)
SELECT hour, mark, at
FROM ops.mark_rows FINAL
SETTINGS max_partitions_per_insert_block = 0;

-- Whoever still writes there is of another version: better that its write fails, and is done again, than
-- that nobody reads it.
DROP TABLE ops.mark_rows;
