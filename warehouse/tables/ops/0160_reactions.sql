-- The rules of reactions, each time they were put in force: a whole reactions.toml. The newest is in force.
-- identity: personal (addresses of those who are told)
CREATE TABLE ops.reaction_rule_rows
(
    version UInt64 COMMENT 'When they were put in force, in Unix milliseconds',
    text String COMMENT 'The file as it was written'
) ENGINE = ReplacingMergeTree
ORDER BY version;

-- What was raised, and what became of it: a row a reaction (`target` is empty: its statement) and one a target that
-- is to be told. The row of the later step stays, so that what is written twice is written once.
-- identity: none (topics, teams and links)
CREATE TABLE ops.reaction_rows
(
    id UUID COMMENT 'The statement, and what deliveries are known by',
    target LowCardinality(String) COMMENT 'Who is told; empty: the statement itself',
    rule LowCardinality(String) COMMENT 'The rule''s name',
    at DateTime64(3, 'UTC') COMMENT 'When the case arose',
    said String COMMENT 'The case as JSON, as it was when it was raised',
    step UInt8 COMMENT '0: to be done, 1: done, or given up',
    state LowCardinality(String) COMMENT 'raised, stored; waiting, delivered, refused, expired',
    told DateTime64(3, 'UTC') COMMENT 'When this was written',
    reason String COMMENT 'Why it was refused, in the receiver''s status or the error''s class'
) ENGINE = ReplacingMergeTree(step)
ORDER BY (id, target);
