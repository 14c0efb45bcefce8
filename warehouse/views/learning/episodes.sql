-- A need and what came of it: a row each time that a person begins to ask or search on a topic in a session (docs,
-- mart `episodes`), with the seconds from then until it was found, applied, shared and reinforced, NULL where it was
-- not.
-- identity: pseudonym (person)
CREATE OR REPLACE VIEW learning.episodes
(
    day Date COMMENT 'The day of the beginning, by the organisation''s clock',
    id UUID COMMENT 'The statement that it begins with',
    begins DateTime64(3, 'UTC') COMMENT 'The first ask or search',
    person UInt64 COMMENT 'Who; where nobody is known for the account, the account',
    resolved UInt8 COMMENT 'Whether somebody is known for the account',
    team LowCardinality(String) COMMENT 'The person''s team on that day; empty where nobody knows it',
    tenure_band LowCardinality(String) COMMENT 'How long the person had been there at the beginning',
    kind LowCardinality(String) COMMENT 'What it begins with: ask or search',
    tool LowCardinality(String) COMMENT 'Where it begins',
    topic LowCardinality(String) COMMENT 'What it is about, as the organisation groups it; empty where nothing says it',
    object String COMMENT 'What was asked or searched first, by its IRI',
    asks UInt32 COMMENT 'Asks in it',
    searches UInt32 COMMENT 'Searches in it',
    found_by LowCardinality(String) COMMENT 'What it was found by: answer, read or bookmark; empty where it was not',
    found_seconds Nullable(Float64) COMMENT 'Seconds until it was answered within a week, or the topic read or bookmarked in the session',
    applied_seconds Nullable(Float64) COMMENT 'Seconds until the person practised on the topic, within a day',
    shared_seconds Nullable(Float64) COMMENT 'Seconds until the person shared on the topic, within a week',
    reinforced_seconds Nullable(Float64) COMMENT 'Seconds until the person reinforced on the topic, within a week',
    scaffolds Array(LowCardinality(String)) COMMENT 'Scaffolds passed, each when it is first come to',
    tools Array(LowCardinality(String)) COMMENT 'Tools passed, each when it is first come to'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH until -> if(isNull(until), NULL, (toUnixTimestamp64Milli(ifNull(until, begins)) - toUnixTimestamp64Milli(begins)) / 1000) AS seconds
SELECT
    day,
    id,
    begins,
    person,
    resolved,
    team,
    tenure_band,
    kind,
    tool,
    topic,
    object,
    asks,
    searches,
    found_by,
    seconds(found) AS found_seconds,
    seconds(applied) AS applied_seconds,
    seconds(shared) AS shared_seconds,
    seconds(reinforced) AS reinforced_seconds,
    scaffolds,
    tools
FROM learning.episode_rows
