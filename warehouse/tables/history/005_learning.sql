-- Facts: one row an event that the vocabulary places or could not place, laid out by time. The key is
-- (hour, id). A fact's version is the inverse of its statement's position, doubled, so that the first
-- in position wins; one more is a tombstone for exactly that delivery; the largest undoes for good.

CREATE TABLE learning.fact_rows
(
    id UUID,
    time DateTime64(3, 'UTC'),
    account UInt64,
    counterpart UInt64,
    tool LowCardinality(String),
    behaviour LowCardinality(String),
    scaffold LowCardinality(String),
    know LowCardinality(String),
    verb LowCardinality(String),
    object String CODEC(ZSTD(1)),
    object_type LowCardinality(String),
    topic LowCardinality(String),
    duration Float64,
    source LowCardinality(String),
    position UInt128,
    version UInt128,
    gone UInt8,
    INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, gone)
PARTITION BY toYYYYMM(time)
ORDER BY (toStartOfHour(time), id);

-- Messages of learning.events, whole; ClickHouse parses them. `batch` as in lrs.records_in.
CREATE TABLE learning.events_in
(
    batch UInt64,
    value String
) ENGINE = Null;

CREATE TABLE learning.parsed_in
(
    batch UInt64,
    id Nullable(UUID),
    time Nullable(DateTime64(3, 'UTC')),
    account UInt64,
    counterpart UInt64,
    tool LowCardinality(String),
    behaviour LowCardinality(String),
    scaffold LowCardinality(String),
    know LowCardinality(String),
    verb LowCardinality(String),
    object String,
    object_type LowCardinality(String),
    topic LowCardinality(String),
    duration Float64,
    source LowCardinality(String),
    position Nullable(UInt128),
    value String
) ENGINE = Null;

CREATE MATERIALIZED VIEW learning.parsed_mv TO learning.parsed_in AS
SELECT
    batch,
    toUUIDOrNull(event.id) AS id,
    if(event.time = 0, NULL, fromUnixTimestamp64Milli(event.time, 'UTC')) AS time,
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

CREATE MATERIALIZED VIEW learning.fact_rows_mv TO learning.fact_rows AS
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
    source,
    assumeNotNull(position) AS position,
    (bitShiftLeft(toUInt128(1), 126) - assumeNotNull(position)) * 2 AS version,
    toUInt8(0) AS gone
FROM learning.parsed_in
WHERE parsed_in.id IS NOT NULL AND parsed_in.time IS NOT NULL AND parsed_in.position IS NOT NULL;

-- The ids and hours of each insert, for the sweep and the marks that follow it.
CREATE TABLE learning.recent_ids
(
    batch UInt64,
    id UUID,
    time DateTime64(3, 'UTC'),
    at DateTime DEFAULT now()
) ENGINE = MergeTree
ORDER BY (batch, id)
TTL at + INTERVAL 6 HOUR;

CREATE MATERIALIZED VIEW learning.recent_ids_mv TO learning.recent_ids AS
SELECT batch, assumeNotNull(id) AS id, assumeNotNull(time) AS time
FROM learning.parsed_in
WHERE parsed_in.id IS NOT NULL AND parsed_in.time IS NOT NULL AND parsed_in.position IS NOT NULL;

-- Messages that were no events: sent on to xapi.rejected by the processor that met them.
CREATE TABLE learning.poison
(
    batch UInt64,
    value String,
    at DateTime DEFAULT now()
) ENGINE = MergeTree
ORDER BY batch
TTL at + INTERVAL 7 DAY;

CREATE MATERIALIZED VIEW learning.poison_mv TO learning.poison AS
SELECT batch, value
FROM learning.parsed_in
WHERE parsed_in.id IS NULL OR parsed_in.time IS NULL OR parsed_in.position IS NULL;

-- Person, team and tenure are joined as of the event's own day: late knowledge rewrites no fact.
CREATE VIEW learning.events DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT any(value) FROM ops.settings WHERE name = 'time_zone'), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS time_zone
SELECT
    id,
    time,
    toStartOfHour(time) AS hour,
    toStartOfMinute(time) AS minute,
    toDate(time, time_zone) AS day,
    account,
    dictGetOrDefault('directory.account_person', 'person', account, account) AS person,
    dictHas('directory.account_person', account) AS resolved,
    dictGetOrDefault('directory.person_team', 'team', dictGetOrDefault('directory.account_person', 'person', account, account), toDate32(toDate(time, time_zone)), '') AS team,
    multiIf(
        dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)) IS NULL, 'unknown',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 3, '0-3 months',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 12, '3-12 months',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 36, '1-3 years',
        '3+ years') AS tenure_band,
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
    source,
    position
FROM learning.fact_rows FINAL;

-- Short ranges, straight from the facts. Filter on `hour` as well as on `minute`: `hour` is the key.
CREATE VIEW learning.activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    hour,
    minute,
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    count() AS events,
    uniqExact(person) AS people
FROM learning.events
GROUP BY hour, minute, day, team, tenure_band, tool, behaviour, scaffold;

-- Long ranges: by day, with a state for people reached (distinct persons, never summed).
CREATE TABLE learning.activity_day_rows
(
    day Date,
    team LowCardinality(String),
    tenure_band LowCardinality(String),
    tool LowCardinality(String),
    behaviour LowCardinality(String),
    scaffold LowCardinality(String),
    resolved UInt8,
    events UInt64,
    people AggregateFunction(uniqExact, UInt64)
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (day, team, tenure_band, tool, behaviour)
SETTINGS allow_nullable_key = 0;

CREATE VIEW learning.activity_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    resolved,
    sum(events) AS events,
    uniqExactMerge(people) AS people
FROM learning.activity_day_rows
GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved;

CREATE VIEW learning.activity_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toMonday(day) AS week,
    team,
    behaviour,
    scaffold,
    sum(events) AS events,
    uniqExactMerge(people) AS people
FROM learning.activity_day_rows
GROUP BY week, team, behaviour, scaffold;

CREATE VIEW ops.unresolved DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT tool, sum(events) AS events, uniqExactMerge(people) AS accounts
FROM learning.activity_day_rows
WHERE resolved = 0
GROUP BY tool;

-- Statements as an analyst may read them: a pseudonym for the actor, no raw, no person as object.
CREATE DICTIONARY vault.account_pseudonym (identifier String, account UInt64)
PRIMARY KEY identifier
SOURCE(CLICKHOUSE(QUERY 'SELECT identifier, account FROM vault.account_rows' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 5 MAX 15);

CREATE VIEW lrs.statements_pseudonymous DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    stored,
    timestamp,
    dictGetOrDefault('vault.account_pseudonym', 'account', actor, toUInt64(0)) AS account,
    verb,
    if(object_type IN ('Activity', 'StatementRef'), object, '') AS object,
    object_type,
    activity_type,
    registration,
    platform,
    source
FROM lrs.statements;
