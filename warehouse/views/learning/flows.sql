-- Knowledge that went from one person to another: a row for each event by which it arrived (docs, mart `flows`).
-- identity: pseudonym (both persons)
CREATE OR REPLACE VIEW learning.flows
(
    day Date COMMENT 'The day of the organisation on which it arrived',
    kind LowCardinality(String) COMMENT 'answer, review, coaching, mention, page (written, then read) or bookmark (shared, then read)',
    id UUID COMMENT 'The statement by which it arrived',
    at DateTime64(3, 'UTC') COMMENT 'When it arrived',
    from_person UInt64 COMMENT 'From whom: the person where known, else the account',
    from_team LowCardinality(String) COMMENT 'The team of that person on that day; empty where nobody knows it',
    from_tenure_band LowCardinality(String) COMMENT 'How long that person had been there when it arrived',
    to_person UInt64 COMMENT 'To whom: the person where known, else the account',
    to_team LowCardinality(String) COMMENT 'The team of that person on that day; empty where nobody knows it',
    to_tenure_band LowCardinality(String) COMMENT 'How long that person had been there when it arrived',
    tool LowCardinality(String) COMMENT 'Where it arrived',
    topic LowCardinality(String) COMMENT 'What it was about, as the organisation groups it',
    object String COMMENT 'What was read, answered or reviewed, by its IRI; of coaching and mentions what they were done to',
    latency Nullable(Float64) COMMENT 'Seconds since it was written, shared or asked; NULL where nothing of that is known'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    kind,
    id,
    at,
    from_person,
    from_team,
    from_tenure_band,
    to_person,
    to_team,
    to_tenure_band,
    tool,
    topic,
    object,
    latency
FROM learning.flow_rows
