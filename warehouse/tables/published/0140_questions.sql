-- What people asked and what became of it, as viewers are shown it (streams/marts/published_questions): flat tables
-- of cells behind which are the minimum group of askers, and as many who answered, or nobody who did.
-- `outcome` is how soon somebody answered ('hour', 'day', 'week', 'later'), or 'open'; '' where too few people stand
-- behind one of these. `events` are askings.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.question_rows
(
    week Date,
    outcome LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY outcome
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by topic; topic '' is of too few people, or none was said.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.question_topic_rows
(
    week Date,
    topic String,
    outcome LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (topic, outcome)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Questions by the team that asked and the one whose member answered first. `team` 'Other' holds small teams and
-- accounts that nobody is known for; `answering_team` '' those, and questions that nobody answered.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.question_team_rows
(
    week Date,
    team String,
    answering_team String,
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (team, answering_team)
SETTINGS min_bytes_for_full_part_storage = 10485760;
