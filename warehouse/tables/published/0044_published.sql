-- What viewers are shown: flat tables of cells that rest on the minimum group each, and stay so beside each
-- other (streams/cells.py); the mart `published` fills them. And the directory as viewers are shown it.
CREATE DATABASE IF NOT EXISTS published;
CREATE DATABASE IF NOT EXISTS released;

-- Up to which load the directory shows to viewers: the sequence of a closed load, the largest counts.
-- identity: none (positions in the log)
CREATE TABLE released.release_rows
(
    sequence UInt64,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(at)
ORDER BY sequence;

-- Learning events of the whole organisation by behaviour and time. A cell begins at `start` and is as long as
-- its `grain` says; what too few people did in it counts in the longer one around it, and for behaviour ''
-- where too few people showed the behaviour in the week.
-- identity: none (cells of the minimum group)
CREATE TABLE published.behaviour_rows
(
    week Date,
    scaffold LowCardinality(String),
    behaviour LowCardinality(String),
    start DateTime('UTC'),
    grain LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (grain, start, behaviour)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Learning events by team, scaffold and day; 'Other' holds small teams, accounts that nobody is known for, and
-- what too few people of a team did. `grain` is 'week' where it was too few on a day.
-- identity: none (cells of the minimum group)
CREATE TABLE published.team_rows
(
    week Date,
    scaffold LowCardinality(String),
    team String,
    start DateTime('UTC'),
    grain LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (grain, start, team)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Learning events by tool, scaffold and day, as by team; tool '' is any.
-- identity: none (cells of the minimum group)
CREATE TABLE published.tool_rows
(
    week Date,
    scaffold LowCardinality(String),
    tool String,
    start DateTime('UTC'),
    grain LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (grain, start, tool)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Learning events and people by time in the organisation; 'unknown' holds bands of too few people too.
-- identity: none (cells of the minimum group)
CREATE TABLE published.tenure_rows
(
    week Date,
    tenure_band LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY tenure_band
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Different people with learning events, down to a multiple of the minimum group; '' is any.
-- identity: none (multiples of the minimum group)
CREATE TABLE published.people_rows
(
    week Date,
    scaffold LowCardinality(String),
    team String,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (team, scaffold)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- What the minimum group or more did in a quarter of an hour (an hour, a day, a week), without how often: in
-- which tool, and of which team and topic where so many share them.
-- identity: none (what the minimum group shares)
CREATE TABLE published.latest_rows
(
    week Date,
    scaffold LowCardinality(String),
    behaviour LowCardinality(String),
    start DateTime('UTC'),
    grain LowCardinality(String),
    tool String,
    team String,
    topic String
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (start, behaviour)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- How complete a week's figures are: parts of all its events in percent, in steps of so many that the minimum
-- group stands behind each.
-- identity: none (percentages)
CREATE TABLE published.quality_rows
(
    week Date,
    unclassified Float64,
    unresolved Float64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY week
SETTINGS min_bytes_for_full_part_storage = 10485760;
