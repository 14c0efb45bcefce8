-- How few people carry half of the learning of a week, as viewers are shown it (streams/marts/published_carriers): people
-- who did any, down to a multiple of the minimum group, and the fewest of them who did half of it, up to one. Scaffold
-- and behaviour '' are any.
-- identity: none (multiples of the minimum group)
CREATE TABLE published.carrier_rows
(
    week Date,
    scaffold LowCardinality(String),
    behaviour LowCardinality(String),
    people UInt64,
    carriers UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY (scaffold, behaviour)
SETTINGS min_bytes_for_full_part_storage = 10485760;
