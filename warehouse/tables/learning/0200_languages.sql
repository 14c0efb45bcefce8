-- In which language somebody wrote what a fact is of, as the connector derived it from the text. Facts from before have
-- none until their statements are sent once more (`headwater behaviours apply --all`); statements from before
-- languages were told have none for good.
ALTER TABLE learning.fact_rows
    ADD COLUMN language LowCardinality(String) COMMENT 'In which language the account wrote it, by ISO 639, as the text came first; empty where that is not told' AFTER registration;

ALTER TABLE learning.parsed_in
    ADD COLUMN language LowCardinality(String) AFTER registration;

-- The target's view first: what the other one hands on is then known by both.
ALTER TABLE learning.fact_rows_mv MODIFY QUERY
SELECT
    assumeNotNull(id) AS id,
    assumeNotNull(time) AS time,
    account,
    counterpart,
    tool,
    behaviour,
    scaffold,
    know,
    verb,
    object,
    object_type,
    topic,
    duration,
    success,
    score,
    parent,
    reference,
    registration,
    language,
    source,
    assumeNotNull(position) AS position,
    (bitShiftLeft(toUInt128(1), 126) - assumeNotNull(position)) * 2 AS version,
    toUInt8(0) AS gone
FROM learning.parsed_in
WHERE parsed_in.id IS NOT NULL AND parsed_in.time IS NOT NULL AND parsed_in.position IS NOT NULL;

ALTER TABLE learning.parsed_mv MODIFY QUERY
SELECT
    batch,
    toUUIDOrNull(event.id) AS id,
    if(event.time = 0, NULL, fromUnixTimestamp64Milli(least(greatest(event.time, 129600000), 4291696799999), 'UTC')) AS time,
    event.account AS account,
    event.counterpart AS counterpart,
    event.tool AS tool,
    event.behaviour AS behaviour,
    event.scaffold AS scaffold,
    event.know AS know,
    event.verb AS verb,
    event.object AS object,
    event.object_type AS object_type,
    event.topic AS topic,
    event.duration AS duration,
    event.success AS success,
    event.score AS score,
    event.parent AS parent,
    event.reference AS reference,
    toUUIDOrNull(event.registration) AS registration,
    event.language AS language,
    event.source AS source,
    toUInt128OrNull(event.position) AS position,
    value
FROM
(
    SELECT
        batch,
        value,
        JSONExtract(value, 'Tuple(
            id String,
            time Int64,
            account UInt64,
            counterpart UInt64,
            tool String,
            behaviour String,
            scaffold String,
            know String,
            verb String,
            object String,
            object_type String,
            topic String,
            duration Float64,
            success Nullable(Bool),
            score Nullable(Float64),
            parent String,
            reference String,
            registration String,
            language String,
            source String,
            position String)') AS event
    FROM learning.events_in
);
