-- Texts are read by id, a page of them at a time. To read one, ClickHouse unpacks the granule that it
-- is in: with 64 statements to a granule, and small columns packed by a few granules, a page costs a
-- third of what it did with 256. A granule's size cannot be changed in place, so the table is replaced;
-- views write to a table by its name. What it held is taken in again by `headwater migrate`
-- (warehouse/backfill.py), which drops it then.
CREATE TABLE lrs.statement_rows_before
(
    id UUID,
    stored DateTime64(3, 'UTC'),
    timestamp DateTime64(3, 'UTC'),
    actor String CODEC(ZSTD(1)),
    actor_type LowCardinality(String),
    verb LowCardinality(String),
    object String CODEC(ZSTD(1)),
    object_type LowCardinality(String),
    activity_type LowCardinality(String),
    registration Nullable(UUID),
    platform LowCardinality(String),
    source LowCardinality(String),
    position UInt128,
    version UInt128,
    raw String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 64, min_compress_block_size = 4096;

EXCHANGE TABLES lrs.statement_rows AND lrs.statement_rows_before;
