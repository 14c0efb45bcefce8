-- The mart expertise.
-- identity: pseudonym (person)
CREATE TABLE learning.expertise_rows
(
    day Date COMMENT 'By the organisation''s clock',
    person UInt64 COMMENT 'Who knows: the person where known, else the account',
    topic LowCardinality(String) COMMENT 'What it was about',
    helped UInt32 COMMENT 'Help to others, answers too',
    accepted UInt32 COMMENT 'Answers that were accepted',
    recorded UInt32 COMMENT 'Pages, answers and other knowledge written down',
    reviewed UInt32 COMMENT 'Reviews and approvals of work',
    thanked UInt32 COMMENT 'Thanks from others'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (topic, person)
SETTINGS min_bytes_for_full_part_storage = 10485760
