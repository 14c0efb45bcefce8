-- What people said, by `headwater directory findable`, of being named as somebody who knows a topic. Rows count once
-- their load is closed; of a person the last one. What people.csv says of it stands with the person (vault.person_rows).
-- identity: pseudonym (persons)
CREATE TABLE directory.findable_rows
(
    load UUID,
    sequence UInt64,
    person UInt64,
    findable Bool
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (load, person)
SETTINGS min_bytes_for_full_part_storage = 10485760;
