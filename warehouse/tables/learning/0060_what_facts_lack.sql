-- What a fact says beside: its result, the activity that its object is a part of, what it answers, and the
-- registration. Facts from before have none of it until their statements are sent once more
-- (`headwater behaviours apply --all`).
ALTER TABLE learning.fact_rows
    ADD COLUMN success Nullable(Bool) COMMENT 'Whether it succeeded, as its result says' AFTER duration,
    ADD COLUMN score Nullable(Float64) COMMENT 'The scaled score of its result, from -1 to 1' AFTER success,
    ADD COLUMN parent String COMMENT 'The activity that the object is a part of' CODEC(ZSTD(1)) AFTER score,
    ADD COLUMN reference String COMMENT 'What it answers: an IRI, urn:uuid: for a statement' CODEC(ZSTD(1)) AFTER parent,
    ADD COLUMN registration Nullable(UUID) COMMENT 'The registration that the statement is part of' AFTER reference;

ALTER TABLE learning.parsed_in
    ADD COLUMN success Nullable(Bool) AFTER duration,
    ADD COLUMN score Nullable(Float64) AFTER success,
    ADD COLUMN parent String AFTER score,
    ADD COLUMN reference String AFTER parent,
    ADD COLUMN registration Nullable(UUID) AFTER reference;

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
            source String,
            position String)') AS event
    FROM learning.events_in
);
