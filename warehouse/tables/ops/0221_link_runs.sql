-- Runs of links that ended: when, why they were begun (night, asked, declared), how many links they told and how many of
-- them were estimated anew; `failure` is empty where all went well.
-- identity: none (counts, and errors of the estimation)
CREATE TABLE ops.link_run_rows
(
    run UUID,
    began DateTime64(3, 'UTC'),
    ended DateTime64(3, 'UTC'),
    why LowCardinality(String),
    links UInt32,
    estimated UInt32,
    failure String
) ENGINE = ReplacingMergeTree
ORDER BY run
TTL toDateTime(ended) + INTERVAL 800 DAY
SETTINGS min_bytes_for_full_part_storage = 10485760;
