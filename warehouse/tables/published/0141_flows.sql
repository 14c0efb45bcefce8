-- Knowledge that went from one person to another, as viewers are shown it (streams/marts/published_flows), by kind; kind
-- '' is of too few people. Behind a cell are the minimum group from whom it came, and as many to whom it went.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.flow_rows
(
    week Date,
    kind LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (kind)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same by the teams from which and to which it went; 'Other' holds small teams and accounts that nobody is known for.
-- identity: none (cells of the minimum group, on both sides)
CREATE TABLE published.flow_team_rows
(
    week Date,
    from_team LowCardinality(String),
    to_team LowCardinality(String),
    events UInt64,
    people UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (from_team, to_team)
SETTINGS min_bytes_for_full_part_storage = 10485760;
