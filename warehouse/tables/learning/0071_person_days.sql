-- The mart person_days.
-- identity: pseudonym (person and counterparts)
CREATE TABLE learning.person_day_rows
(
    day Date COMMENT 'By the organisation''s clock',
    person UInt64 COMMENT 'Who; where nobody is known for the account, the account',
    resolved UInt8 COMMENT 'Whether somebody is known for the account',
    team LowCardinality(String) COMMENT 'The person''s team on that day',
    tenure_band LowCardinality(String) COMMENT 'How long the person had been there at the day''s last event',
    events UInt32 COMMENT 'Learning events',
    discovery UInt32 COMMENT 'Those of discovery',
    practice UInt32 COMMENT 'Those of practice',
    sharing UInt32 COMMENT 'Those of sharing',
    reinforcement UInt32 COMMENT 'Those of reinforcement',
    formal UInt32 COMMENT 'Those of courses',
    behaviours Map(LowCardinality(String), UInt32) COMMENT 'Events by behaviour',
    counterparts Array(UInt64) COMMENT 'Accounts of those whom the events were for or about'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY person
SETTINGS min_bytes_for_full_part_storage = 10485760
