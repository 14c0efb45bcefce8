-- The rules of the house, each time they were put in force: a whole behaviours.toml. `applied` is 1 once history
-- goes by them, too.
-- identity: none (tools, topics and tags)
CREATE TABLE ops.behaviour_rule_rows
(
    version UInt64,
    text String,
    applied UInt8,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(applied)
ORDER BY version;
