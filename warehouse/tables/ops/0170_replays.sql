-- Replays of marts: a row for each (mart '' and period 1970-01-01) that says what it is about and how far it is, and a
-- row for each period that is done. `state` is, of a replay, 'begun', 'ended' or 'failed' (some periods); of a period,
-- 'done', 'left' (to the worker, which kept counting it meanwhile) or 'failed', with the reason in `what`. `missing`
-- and `surplus` count rows that the facts gave and were not shown, and that were shown and they did not give.
-- identity: none (marts, days and counts)
CREATE TABLE ops.replay_rows
(
    run UUID,
    mart LowCardinality(String),
    period Date,
    state LowCardinality(String),
    what String,
    periods UInt32,
    missing UInt64,
    surplus UInt64,
    seconds Float64,
    until DateTime64(3, 'UTC'),
    began DateTime64(3, 'UTC'),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(at)
ORDER BY (run, mart, period)
SETTINGS min_bytes_for_full_part_storage = 10485760;
