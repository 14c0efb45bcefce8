-- The mart episodes.
-- identity: pseudonym (person)
CREATE TABLE learning.episode_rows
(
    day Date COMMENT 'The day of the beginning, by the organisation''s clock',
    id UUID COMMENT 'The statement that it begins with',
    begins DateTime64(3, 'UTC') COMMENT 'The first ask or search',
    person UInt64 COMMENT 'Who; where nobody is known for the account, the account',
    resolved UInt8 COMMENT 'Whether somebody is known for the account',
    team LowCardinality(String) COMMENT 'The person''s team on that day',
    tenure_band LowCardinality(String) COMMENT 'How long the person had been there at the beginning',
    kind LowCardinality(String) COMMENT 'What it begins with: ask or search',
    tool LowCardinality(String) COMMENT 'Where it begins',
    topic LowCardinality(String) COMMENT 'What it is about',
    object String COMMENT 'What was asked or searched first, by its IRI' CODEC(ZSTD(1)),
    asks UInt32 COMMENT 'Asks in it',
    searches UInt32 COMMENT 'Searches in it',
    found_by LowCardinality(String) COMMENT 'What it was found by: answer, read or bookmark; empty where it was not',
    found Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was found',
    applied Nullable(DateTime64(3, 'UTC')) COMMENT 'When the person practised on the topic first, within a day',
    shared Nullable(DateTime64(3, 'UTC')) COMMENT 'When the person shared on the topic first, within a week',
    reinforced Nullable(DateTime64(3, 'UTC')) COMMENT 'When the person reinforced on the topic first, within a week',
    scaffolds Array(LowCardinality(String)) COMMENT 'Scaffolds of its steps, each when it is first come to',
    tools Array(LowCardinality(String)) COMMENT 'Tools of its steps, each when it is first come to'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (begins, id)
SETTINGS min_bytes_for_full_part_storage = 10485760
