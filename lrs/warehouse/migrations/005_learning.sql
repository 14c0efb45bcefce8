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
    gone UInt8
) ENGINE = ReplacingMergeTree(version, gone)
PARTITION BY toYYYYMM(time)
ORDER BY (toStartOfHour(time), id);

CREATE TABLE learning.events_in
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
    object String,
    object_type LowCardinality(String),
    topic LowCardinality(String),
    duration Float64,
    source LowCardinality(String),
    position UInt128
) ENGINE = Null;

CREATE MATERIALIZED VIEW learning.fact_rows_mv TO learning.fact_rows AS
SELECT
    *,
    (bitShiftLeft(toUInt128(1), 126) - position) * 2 AS version,
    toUInt8(0) AS gone
FROM learning.events_in;

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
