-- The mart content.
-- identity: pseudonym (those who bring in, record and read)
CREATE TABLE learning.content_day_rows
(
    day Date COMMENT 'By the organisation''s clock',
    object String COMMENT 'What it is done to, by its IRI' CODEC(ZSTD(1)),
    object_type LowCardinality(String) COMMENT 'The type of that, as the day''s last event has it',
    tool LowCardinality(String) COMMENT 'The tool of the day''s last event',
    topic LowCardinality(String) COMMENT 'The topic of the day''s last event',
    seen Nullable(DateTime64(3, 'UTC')) COMMENT 'The first of the day that was done to it; NULL where it was referred to alone',
    records UInt32 COMMENT 'Times that it was written or edited',
    answers_recorded UInt32 COMMENT 'Those of them that are answers which were accepted or kept',
    shares UInt32 COMMENT 'Times that it was curated or passed on',
    saves UInt32 COMMENT 'Times that it was bookmarked',
    reads UInt32 COMMENT 'Times that it was read',
    answers UInt32 COMMENT 'Answers that refer to it',
    edited Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was written or edited last',
    recorders Array(UInt64) COMMENT 'Who wrote or edited it',
    brought Array(Tuple(rank UInt8, time DateTime64(3, 'UTC'), statement String, person UInt64, team String, edit UInt8)) COMMENT 'The first to record (rank 1), to curate (2) and to bookmark it (3), with the team on that day; `edit` where a page was edited that was there before',
    readers Array(Tuple(person UInt64, team String, time DateTime64(3, 'UTC'))) COMMENT 'Who read it, with the team on that day and the first time of the day'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY object
SETTINGS min_bytes_for_full_part_storage = 10485760
