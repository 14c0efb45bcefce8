-- The mart flows: a row for each event by which knowledge went from one person to another.
-- identity: pseudonym (both persons)
CREATE TABLE learning.flow_rows
(
    day Date COMMENT 'The day of the organisation on which it arrived',
    kind LowCardinality(String) COMMENT 'answer, review, coaching, mention, page or bookmark',
    id UUID COMMENT 'The statement by which it arrived',
    at DateTime64(3, 'UTC') COMMENT 'When it arrived',
    from_person UInt64 COMMENT 'From whom: the person where known, else the account',
    from_team LowCardinality(String) COMMENT 'The team of that person on that day',
    from_tenure_band LowCardinality(String) COMMENT 'How long that person had been there',
    to_person UInt64 COMMENT 'To whom: the person where known, else the account',
    to_team LowCardinality(String) COMMENT 'The team of that person on that day',
    to_tenure_band LowCardinality(String) COMMENT 'How long that person had been there',
    tool LowCardinality(String) COMMENT 'Where it arrived',
    topic LowCardinality(String) COMMENT 'What it was about',
    object String COMMENT 'What was read, answered or reviewed, by its IRI' CODEC(ZSTD(1)),
    latency Nullable(Float64) COMMENT 'Seconds since it was written, shared or asked'
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (day, at, id)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- What flows go by are roles of a thing too: 'written' and 'shared' where somebody did so with it, 'opened' where
-- somebody read it.
ALTER TABLE learning.thing_hour_rows_mv MODIFY QUERY
SELECT cityHash64(link.1) AS thing, link.2 AS role, toStartOfHour(time) AS hour
FROM
(
    SELECT
        time,
        arrayJoin(arrayFilter(one -> one.1 != '' AND one.2 != '', [
            (object, if(behaviour = 'ask', 'asked', '')),
            (concat('urn:uuid:', toString(id)), if(behaviour = 'ask', 'asked', '')),
            (reference, 'refers'),
            (object, if(behaviour = 'record' OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update'), 'written', '')),
            (object, if(verb IN ('http://adlnet.gov/expapi/verbs/shared', 'http://activitystrea.ms/share'), 'shared', '')),
            (object, if(behaviour IN ('read', 'explore'), 'opened', ''))])) AS link
    FROM learning.fact_rows
);

ALTER TABLE learning.hour_thing_rows_mv MODIFY QUERY
SELECT toStartOfHour(time) AS hour, cityHash64(thing) AS thing
FROM
(
    SELECT
        time,
        arrayJoin(arrayFilter(one -> one != '', [
            if(behaviour IN ('ask', 'record', 'read', 'explore') OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update', 'http://adlnet.gov/expapi/verbs/shared', 'http://activitystrea.ms/share'), object, ''),
            if(behaviour = 'ask', concat('urn:uuid:', toString(id)), ''),
            reference])) AS thing
    FROM learning.fact_rows
);

-- Of the facts that stand already.
INSERT INTO learning.thing_hour_rows
SELECT cityHash64(object) AS thing, arrayJoin(arrayFilter(one -> one != '', [
    if(behaviour = 'record' OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update'), 'written', ''),
    if(verb IN ('http://adlnet.gov/expapi/verbs/shared', 'http://activitystrea.ms/share'), 'shared', ''),
    if(behaviour IN ('read', 'explore'), 'opened', '')])) AS role, toStartOfHour(time) AS hour
FROM learning.fact_rows
WHERE object != '';

INSERT INTO learning.hour_thing_rows
SELECT toStartOfHour(time) AS hour, cityHash64(object) AS thing
FROM learning.fact_rows
WHERE object != ''
    AND (behaviour IN ('record', 'read', 'explore') OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update', 'http://adlnet.gov/expapi/verbs/shared', 'http://activitystrea.ms/share'));
