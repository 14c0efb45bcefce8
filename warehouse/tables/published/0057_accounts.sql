-- Different people of each tool, and those of them whose accounts are known to be of somebody, both down to a
-- multiple of the minimum group; an account of nobody counts as a person.
-- identity: none (multiples of the minimum group)
CREATE TABLE published.account_rows
(
    week Date,
    tool String,
    people UInt64,
    known UInt64
) ENGINE = MergeTree
PARTITION BY week
ORDER BY tool
SETTINGS min_bytes_for_full_part_storage = 10485760;
