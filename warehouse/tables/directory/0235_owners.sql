-- Which team a place (a repository, queue or service, as work signals name it; `*` is any text) belongs to from which
-- day on, as owners.csv says; of one kind of work item, or of any (''). Without a team it was taken back. Rows count once
-- their load is closed; of a host, kind, place and day the last one.
-- identity: none (names of teams and places)
CREATE TABLE directory.owner_rows
(
    load UUID,
    sequence UInt64,
    host String,
    kind LowCardinality(String),
    place String,
    from Date32,
    team String
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (load, host, kind, place, from)
SETTINGS min_bytes_for_full_part_storage = 10485760;
