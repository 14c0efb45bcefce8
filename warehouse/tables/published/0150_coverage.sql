-- On which days of a week (`grain` 'week': on no single day) the minimum group of a team were seen in a tool, as viewers
-- are shown it (streams/marts/published_coverage). Team 'Other' holds small teams and accounts that nobody is known for,
-- tool '' is of tools that too few used. There is never how much.
-- identity: none (what the minimum group shares)
CREATE TABLE published.coverage_rows
(
    week Date,
    tool String,
    team String,
    start DateTime('UTC'),
    grain LowCardinality(String)
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (tool, team, start)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- What of a week's events is not classified, and what is of accounts that nobody is known for, in percent, by tool and
-- by team in it ('' is any), in steps of so many that the minimum group stands behind each.
-- identity: none (percentages)
CREATE TABLE published.coverage_share_rows
(
    week Date,
    tool String,
    team String,
    unclassified Float64,
    unresolved Float64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (tool, team)
SETTINGS min_bytes_for_full_part_storage = 10485760;
