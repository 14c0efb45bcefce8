-- What a day may be: 1970-01-02 to 2105-12-31 (xapi/days.py). An event counts at the nearest moment that
-- lies within these days in every time zone; whatever comes from Kafka enters here.
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
            source String,
            position String)') AS event
    FROM learning.events_in
);

-- Facts stood at other moments before: what was earlier than 1970 at its first millisecond, what was
-- later than 2099 at the first of 2100. Each moves to where it would be put now, under its own version
-- (a redelivery must meet it); then the row before goes.
INSERT INTO learning.fact_rows
SELECT
    id, toDateTime64('1970-01-02 12:00:00.000', 3, 'UTC') AS time, account, counterpart, tool, behaviour,
    scaffold, know, verb, object, object_type, topic, duration, source, position, version, gone
FROM learning.fact_rows
WHERE fact_rows.time < toDateTime64('1970-01-02 12:00:00.000', 3, 'UTC');

ALTER TABLE learning.fact_rows DELETE WHERE time < toDateTime64('1970-01-02 12:00:00.000', 3, 'UTC')
SETTINGS mutations_sync = 2;

INSERT INTO learning.fact_rows
SELECT
    f.id, least(s.timestamp, toDateTime64('2105-12-31 09:59:59.999', 3, 'UTC')) AS time, f.account,
    f.counterpart, f.tool, f.behaviour, f.scaffold, f.know, f.verb, f.object, f.object_type, f.topic,
    f.duration, f.source, f.position, f.version, f.gone
FROM (SELECT * FROM learning.fact_rows WHERE time = toDateTime64('2100-01-01 00:00:00.000', 3, 'UTC')) AS f
INNER JOIN
(
    SELECT id, position, timestamp
    FROM lrs.statement_rows
    WHERE timestamp > toDateTime64('2100-01-01 00:00:00.000', 3, 'UTC')
) AS s ON s.id = f.id AND s.position = f.position
SETTINGS max_partitions_per_insert_block = 0;

ALTER TABLE learning.fact_rows DELETE
WHERE time = toDateTime64('2100-01-01 00:00:00.000', 3, 'UTC')
    AND (id, position) IN
    (
        SELECT id, position
        FROM lrs.statement_rows
        WHERE timestamp > toDateTime64('2100-01-01 00:00:00.000', 3, 'UTC')
    )
SETTINGS mutations_sync = 2;
