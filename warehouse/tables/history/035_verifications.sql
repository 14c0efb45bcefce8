-- What `headwater verify` found. The row whose `what` is empty sums a run up; the others say what lacks
-- or is too much, where, why, and whether it was written again.
CREATE TABLE ops.verification_rows
(
    run UUID,
    at DateTime64(3, 'UTC'),
    what LowCardinality(String),
    partition Int32,
    hour DateTime('UTC'),
    missing UInt64,
    surplus UInt64,
    why String,
    mended UInt8
) ENGINE = MergeTree
ORDER BY (at, run, what)
TTL toDateTime(at) + INTERVAL 180 DAY
SETTINGS min_bytes_for_full_part_storage = 10485760;

CREATE VIEW ops.verifications DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT run, at, what, partition, hour, missing, surplus, why, mended
FROM ops.verification_rows;

-- Scratch tables of a running verification, and nothing else.
CREATE DATABASE IF NOT EXISTS verification;
