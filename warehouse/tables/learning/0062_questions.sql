-- The mart questions: a row each time that somebody asks, with what became of it until now.
-- identity: pseudonym (the asker and those who answer)
CREATE TABLE learning.question_rows
(
    day Date COMMENT 'The day of the organisation on which it was asked',
    id UUID COMMENT 'The statement that asks',
    asked DateTime64(3, 'UTC') COMMENT 'When it was asked',
    asker UInt64 COMMENT 'Who asks: the person where known, else the account',
    team LowCardinality(String) COMMENT 'The team of the asker on that day',
    tenure_days Nullable(Int32) COMMENT 'How long the asker was there on that day',
    tenure_band LowCardinality(String) COMMENT 'The same in steps',
    tool LowCardinality(String) COMMENT 'Where it was asked',
    topic LowCardinality(String) COMMENT 'What it was about',
    object String COMMENT 'What was asked, by its IRI' CODEC(ZSTD(1)),
    object_type LowCardinality(String) COMMENT 'The type of that',
    answered Nullable(DateTime64(3, 'UTC')) COMMENT 'When somebody else answered first',
    answerer Nullable(UInt64) COMMENT 'Who answered first',
    answerer_team LowCardinality(String) COMMENT 'The team of whoever answered first, on the day of the answer',
    accepted Nullable(DateTime64(3, 'UTC')) COMMENT 'When the answer that was accepted first was, whoever wrote it',
    accepted_answerer Nullable(UInt64) COMMENT 'Who wrote that',
    accepted_team LowCardinality(String) COMMENT 'The team of whoever wrote that, on its day',
    answers UInt32 COMMENT 'Answers by others',
    answerers UInt32 COMMENT 'Others who answered'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (day, asked, id)
SETTINGS min_bytes_for_full_part_storage = 10485760;
