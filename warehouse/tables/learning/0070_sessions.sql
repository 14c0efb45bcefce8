-- The mart sessions.
-- identity: pseudonym (person)
CREATE TABLE learning.session_rows
(
    period Date COMMENT 'The day after `day`: by its end the session is over',
    day Date COMMENT 'The day of the start, by the organisation''s clock',
    id UInt64 COMMENT 'Of person and start: the same however often it is computed',
    person UInt64 COMMENT 'Who; where nobody is known for the account, the account',
    resolved UInt8 COMMENT 'Whether somebody is known for the account',
    team LowCardinality(String) COMMENT 'The person''s team on that day',
    tenure_band LowCardinality(String) COMMENT 'How long the person had been there at the start',
    start DateTime64(3, 'UTC') COMMENT 'The first event',
    end DateTime64(3, 'UTC') COMMENT 'The last event',
    events UInt32 COMMENT 'Learning events in it',
    tools Array(LowCardinality(String)) COMMENT 'Tools of its events, by name',
    topics Array(String) COMMENT 'Topics of its events, by name',
    path Array(LowCardinality(String)) COMMENT 'Behaviours in order, repeats folded',
    scaffolds Array(LowCardinality(String)) COMMENT 'Scaffolds, each when it is first come to',
    searches UInt32 COMMENT 'Searches in it',
    searches_without_find UInt32 COMMENT 'Searches after which nothing was read or bookmarked and nobody helped'
) ENGINE = MergeTree
PARTITION BY period
ORDER BY (person, start)
SETTINGS min_bytes_for_full_part_storage = 10485760
