-- The hot path. Records of xapi.statements are inserted whole into a Null table; ClickHouse divides
-- them into lines (the codec's one newline), parses each line once and lays the columns out.

-- `batch` is the recorder's own number of an insert, `first_line` the number of the value's first line
-- (not 0 only where a refused record is inserted again line by line).
CREATE TABLE lrs.records_in
(
    batch UInt64,
    first_line UInt32,
    partition UInt16,
    offset UInt64,
    appended DateTime64(3, 'UTC'),
    source LowCardinality(String),
    value String
) ENGINE = Null;

CREATE TABLE lrs.lines_in
(
    batch UInt64,
    position UInt128,
    stored DateTime64(3, 'UTC'),
    source LowCardinality(String),
    line String,
    id Nullable(UUID),
    timestamp Nullable(DateTime64(3, 'UTC')),
    actor String,
    actor_type LowCardinality(String),
    verb String,
    object String,
    object_type LowCardinality(String),
    activity_type LowCardinality(String),
    registration Nullable(UUID),
    platform LowCardinality(String),
    error LowCardinality(String)
) ENGINE = Null;

-- The canonical actor follows xapi/identity.py; a test holds the two together.
CREATE MATERIALIZED VIEW lrs.lines_mv TO lrs.lines_in AS
SELECT
    batch,
    position,
    stored,
    source,
    line,
    toUUIDOrNull(ifNull(doc.id, '')) AS id,
    parseDateTime64BestEffortOrNull(ifNull(doc.timestamp, ''), 3, 'UTC') AS timestamp,
    multiIf(
        doc.actor.account.homePage IS NOT NULL OR doc.actor.account.name IS NOT NULL,
        concat('account:', trimRight(ifNull(doc.actor.account.homePage, ''), '/'), '|', ifNull(doc.actor.account.name, '')),
        doc.actor.mbox IS NOT NULL, lowerUTF8(ifNull(doc.actor.mbox, '')),
        doc.actor.mbox_sha1sum IS NOT NULL, concat('mbox_sha1sum:', lowerUTF8(ifNull(doc.actor.mbox_sha1sum, ''))),
        doc.actor.openid IS NOT NULL, concat('openid:', ifNull(doc.actor.openid, '')),
        '') AS actor,
    ifNull(doc.actor.objectType, 'Agent') AS actor_type,
    ifNull(doc.verb.id, '') AS verb,
    ifNull(doc.object.id, '') AS object,
    ifNull(doc.object.objectType, 'Activity') AS object_type,
    ifNull(doc.object.definition.type, '') AS activity_type,
    toUUIDOrNull(ifNull(doc.context.registration, '')) AS registration,
    ifNull(doc.context.platform, '') AS platform,
    multiIf(
        NOT isValidJSON(line), 'the line is not JSON',
        doc.id IS NULL, 'id is missing',
        toUUIDOrNull(ifNull(doc.id, '')) IS NULL, 'id is not a UUID',
        doc.verb.id IS NULL, 'verb.id is missing',
        doc.timestamp IS NOT NULL AND parseDateTime64BestEffortOrNull(ifNull(doc.timestamp, ''), 3, 'UTC') IS NULL, 'timestamp is not a time',
        '') AS error
FROM
(
    SELECT
        batch,
        bitOr(
            bitShiftLeft(toUInt128(toUnixTimestamp64Milli(appended)), 80),
            bitOr(
                bitShiftLeft(toUInt128(partition), 64),
                bitOr(bitShiftLeft(toUInt128(offset), 20), toUInt128(first_line + number - 1)))) AS position,
        appended AS stored,
        source,
        line,
        JSONExtract(line, 'Tuple(
            id Nullable(String),
            timestamp Nullable(String),
            actor Tuple(
                objectType Nullable(String),
                mbox Nullable(String),
                mbox_sha1sum Nullable(String),
                openid Nullable(String),
                account Tuple(homePage Nullable(String), name Nullable(String))),
            verb Tuple(id Nullable(String)),
            object Tuple(
                id Nullable(String),
                objectType Nullable(String),
                definition Tuple(type Nullable(String))),
            context Tuple(registration Nullable(String), platform Nullable(String)))') AS doc
    FROM lrs.records_in
    ARRAY JOIN splitByChar('\n', value) AS line, arrayEnumerate(splitByChar('\n', value)) AS number
);

-- One row an accepted id. Of two statements with one id the first in position wins for good: the
-- version is the inverse of the position. Small granules make look-ups by id cheap.
CREATE TABLE lrs.statement_rows
(
    id UUID,
    stored DateTime64(3, 'UTC'),
    timestamp DateTime64(3, 'UTC'),
    actor String CODEC(ZSTD(1)),
    actor_type LowCardinality(String),
    verb LowCardinality(String),
    object String CODEC(ZSTD(1)),
    object_type LowCardinality(String),
    activity_type LowCardinality(String),
    registration Nullable(UUID),
    platform LowCardinality(String),
    source LowCardinality(String),
    position UInt128,
    version UInt128,
    raw String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW lrs.statement_rows_mv TO lrs.statement_rows AS
SELECT
    assumeNotNull(id) AS id,
    stored,
    ifNull(timestamp, stored) AS timestamp,
    actor,
    actor_type,
    verb,
    object,
    object_type,
    activity_type,
    registration,
    platform,
    source,
    position,
    bitNot(position) AS version,
    line AS raw
FROM lrs.lines_in
WHERE error = '';

-- Every arrival of every id, so that a loser is known even after a merge has forgotten its row.
CREATE TABLE lrs.arrivals
(
    id UUID,
    position UInt128,
    digest UInt64,
    batch UInt64,
    stored DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree
ORDER BY (id, position)
TTL toDateTime(stored) + INTERVAL 31 DAY
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW lrs.arrivals_mv TO lrs.arrivals AS
SELECT assumeNotNull(id) AS id, position, cityHash64(line) AS digest, batch, stored
FROM lrs.lines_in
WHERE error = '';

-- The ids of each insert, for the sweep that follows it: a work list, gone after a few hours.
CREATE TABLE lrs.recent_ids
(
    batch UInt64,
    id UUID,
    at DateTime DEFAULT now()
) ENGINE = MergeTree
ORDER BY (batch, id)
TTL at + INTERVAL 6 HOUR;

CREATE MATERIALIZED VIEW lrs.recent_ids_mv TO lrs.recent_ids AS
SELECT
    batch,
    arrayJoin(
        if(
            verb = 'http://adlnet.gov/expapi/verbs/voided' AND toUUIDOrNull(object) IS NOT NULL,
            [assumeNotNull(lines_in.id), assumeNotNull(toUUIDOrNull(object))],
            [assumeNotNull(lines_in.id)])) AS id
FROM lrs.lines_in
WHERE error = '';

-- Ids that arrived more than once, with the winner: small, and all that the facts' side looks at.
CREATE TABLE lrs.twins
(
    id UUID,
    winner UInt128,
    version UInt128 MATERIALIZED bitNot(winner)
) ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS index_granularity = 256;

-- What a voiding statement undoes. A voiding statement cannot itself be voided (Part Two, 2.3.2).
CREATE TABLE lrs.voids
(
    id UUID,
    voided_by UUID,
    position UInt128
) ENGINE = ReplacingMergeTree
ORDER BY (id, position)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW lrs.voids_mv TO lrs.voids AS
SELECT
    assumeNotNull(toUUIDOrNull(object)) AS id,
    assumeNotNull(lines_in.id) AS voided_by,
    position
FROM lrs.lines_in
WHERE error = ''
    AND verb = 'http://adlnet.gov/expapi/verbs/voided'
    AND object_type = 'StatementRef'
    AND toUUIDOrNull(object) IS NOT NULL;

-- Lines that ClickHouse could not read: the recorder sends them on to xapi.rejected.
CREATE TABLE lrs.poison
(
    partition UInt16,
    offset UInt64,
    line_number UInt32,
    position UInt128,
    stored DateTime64(3, 'UTC'),
    source LowCardinality(String),
    line String CODEC(ZSTD(3)),
    error LowCardinality(String)
) ENGINE = ReplacingMergeTree
ORDER BY (partition, offset, line_number)
TTL toDateTime(stored) + INTERVAL 31 DAY;

CREATE MATERIALIZED VIEW lrs.poison_mv TO lrs.poison AS
SELECT
    toUInt16(bitAnd(bitShiftRight(position, 64), 65535)) AS partition,
    toUInt64(bitAnd(bitShiftRight(position, 20), 17592186044415)) AS offset,
    toUInt32(bitAnd(position, 1048575)) AS line_number,
    position,
    stored,
    source,
    line,
    error
FROM lrs.lines_in
WHERE error != '';

-- A void counts unless the voiding statement itself lost to a twin.
CREATE VIEW lrs.voided DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT v.id AS id
FROM lrs.voids AS v
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = v.voided_by
WHERE t.winner = 0 OR t.winner = v.position;

CREATE VIEW lrs.statements DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    stored,
    timestamp,
    actor,
    actor_type,
    verb,
    object,
    object_type,
    activity_type,
    registration,
    platform,
    source,
    position,
    raw
FROM lrs.statement_rows FINAL;
