-- The mart topics.
-- identity: pseudonym (people, askers and helpers)
CREATE TABLE learning.topic_rows
(
    day Date COMMENT 'By the organisation''s clock',
    topic LowCardinality(String) COMMENT 'What it was about',
    events UInt32 COMMENT 'Learning events',
    people Array(UInt64) COMMENT 'Who did them: persons where known, else accounts',
    askers Array(UInt64) COMMENT 'Those of them who asked',
    helpers Array(UInt64) COMMENT 'Those of them who helped'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY topic
SETTINGS min_bytes_for_full_part_storage = 10485760
