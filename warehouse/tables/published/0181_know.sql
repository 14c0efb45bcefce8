-- How many people know a topic, as viewers are shown it (streams/marts/published_topics): `people` showed it in the 13
-- weeks that end with this one, `half` are the fewest of them who did half of it. Both are down to a multiple of the
-- minimum group: a `half` of 0 is fewer people than that. A topic that fewer know is not there.
-- identity: none (people, down to a multiple of the minimum group)
CREATE TABLE published.topic_people_rows
(
    week Date,
    topic String,
    people UInt64,
    half UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY topic
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- How people begin, as viewers are shown it (streams/marts/published_ramp): weeks of people, by the month in which each
-- begins and by how long they are there. `stage` is new (13 weeks), middle (a year) or old; `step` which of the 13 weeks.
-- `did` is nothing, used (anything for learning) or shared (anything that is sharing); '' is of too few people.
-- identity: none (cells of the minimum group)
CREATE TABLE published.ramp_rows
(
    month Date,
    stage LowCardinality(String),
    step LowCardinality(String),
    did LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY month
ORDER BY (stage, step, did)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by whether somebody new has helped anybody by then: `helped` is yes or no, '' for the others.
-- identity: none (cells of the minimum group)
CREATE TABLE published.ramp_help_rows
(
    month Date,
    stage LowCardinality(String),
    step LowCardinality(String),
    helped LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY month
ORDER BY (stage, step, helped)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- What is read, as viewers are shown it (streams/marts/published_content), by the state of what was read: orphaned, stale,
-- rising, kept or unseen; '' is of too few people. `events` are readings; behind a cell are the minimum group of readers,
-- and as many who wrote it, or nobody who is known.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.content_rows
(
    week Date,
    state LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY state
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by topic; topic '' is of too few people, or none was said.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.content_topic_rows
(
    week Date,
    topic String,
    state LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (topic, state)
SETTINGS min_bytes_for_full_part_storage = 10485760;
