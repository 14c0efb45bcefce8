-- How far needs went, as viewers are shown it (streams/marts/published_episodes): `furthest` is nothing, found, applied
-- or shared, `kind` ask or search; '' is of too few people.
-- identity: none (cells of the minimum group)
CREATE TABLE published.episode_rows
(
    week Date,
    furthest LowCardinality(String),
    kind LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (furthest, kind)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by team; 'Other' holds small teams and accounts that nobody is known for.
-- identity: none (cells of the minimum group)
CREATE TABLE published.episode_team_rows
(
    week Date,
    team LowCardinality(String),
    furthest LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (team, furthest)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by time in the organisation; 'unknown' holds bands of too few people too.
-- identity: none (cells of the minimum group)
CREATE TABLE published.episode_tenure_rows
(
    week Date,
    tenure_band LowCardinality(String),
    furthest LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (tenure_band, furthest)
SETTINGS min_bytes_for_full_part_storage = 10485760;
