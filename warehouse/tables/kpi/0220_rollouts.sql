-- What was begun in which team on which day, as it was declared (`headwater rollout add`); `removed` is 1 once it was
-- taken back. The newest version of a rollout and team holds.
-- identity: none (names of teams)
CREATE TABLE kpi.rollout_rows
(
    rollout String,
    team String,
    start Date32,
    what String,
    removed UInt8,
    version UInt64,
    at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(version)
ORDER BY (rollout, team)
SETTINGS min_bytes_for_full_part_storage = 10485760;
