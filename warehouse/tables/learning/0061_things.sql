-- In which hours facts were ever about a thing, and in which role: 'asked' where somebody asked it, 'refers' where
-- somebody answered it. A thing is the hash of an IRI (of what was asked; `urn:uuid:` of the statement that asks).
-- Nothing is taken away from it, so that the hours of a fact that was undone still lead to what depended on it; it
-- says where to look, and the facts say what is there.
-- identity: none (hashes of addresses, and hours)
CREATE TABLE learning.thing_hour_rows
(
    thing UInt64 COMMENT 'The hash of its IRI',
    role LowCardinality(String) COMMENT 'What a fact in the hour did with it',
    hour DateTime('UTC') COMMENT 'The hour of the fact'
) ENGINE = ReplacingMergeTree
ORDER BY (thing, role, hour)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The same the other way round: which things facts of an hour were ever about.
-- identity: none (hashes of addresses, and hours)
CREATE TABLE learning.hour_thing_rows
(
    hour DateTime('UTC') COMMENT 'The hour of a fact',
    thing UInt64 COMMENT 'The hash of the IRI of what it was about'
) ENGINE = ReplacingMergeTree
ORDER BY (hour, thing)
SETTINGS min_bytes_for_full_part_storage = 10485760;

CREATE MATERIALIZED VIEW learning.thing_hour_rows_mv TO learning.thing_hour_rows AS
SELECT cityHash64(link.1) AS thing, link.2 AS role, toStartOfHour(time) AS hour
FROM
(
    SELECT
        time,
        arrayJoin(arrayFilter(one -> one.1 != '', [
            (if(behaviour = 'ask', object, ''), 'asked'),
            (if(behaviour = 'ask', concat('urn:uuid:', toString(id)), ''), 'asked'),
            (reference, 'refers')])) AS link
    FROM learning.fact_rows
    WHERE behaviour = 'ask' OR reference != ''
);

CREATE MATERIALIZED VIEW learning.hour_thing_rows_mv TO learning.hour_thing_rows AS
SELECT toStartOfHour(time) AS hour, cityHash64(thing) AS thing
FROM
(
    SELECT
        time,
        arrayJoin(arrayFilter(one -> one != '', [
            if(behaviour = 'ask', object, ''),
            if(behaviour = 'ask', concat('urn:uuid:', toString(id)), ''),
            reference])) AS thing
    FROM learning.fact_rows
    WHERE behaviour = 'ask' OR reference != ''
);

-- Of the facts that stand already: what is asked. What they refer to is told when they are sent once more.
INSERT INTO learning.thing_hour_rows
SELECT cityHash64(link) AS thing, 'asked' AS role, toStartOfHour(time) AS hour
FROM
(
    SELECT time, arrayJoin([object, concat('urn:uuid:', toString(id))]) AS link
    FROM learning.fact_rows
    WHERE behaviour = 'ask'
)
WHERE link != '';

INSERT INTO learning.hour_thing_rows
SELECT toStartOfHour(time) AS hour, cityHash64(link) AS thing
FROM
(
    SELECT time, arrayJoin([object, concat('urn:uuid:', toString(id))]) AS link
    FROM learning.fact_rows
    WHERE behaviour = 'ask'
)
WHERE link != '';
