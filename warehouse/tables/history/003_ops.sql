-- How the pipeline is doing, and what it could not take.

-- What an installation chose: time_zone (IANA name), minimum_group, synthetic ('1' in a demo).
CREATE TABLE ops.setting_rows
(
    name LowCardinality(String),
    value String,
    at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(at)
ORDER BY name;

CREATE VIEW ops.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT name, value FROM ops.setting_rows FINAL;

-- Everything that was refused, from the topic xapi.rejected.
CREATE TABLE ops.rejected_rows
(
    id UUID,
    at DateTime64(3, 'UTC'),
    source LowCardinality(String),
    kind LowCardinality(String),
    reason String,
    path String,
    body String CODEC(ZSTD(3)),
    encoding LowCardinality(String),
    headers Map(String, String)
) ENGINE = ReplacingMergeTree
ORDER BY id
TTL toDateTime(at) + INTERVAL 31 DAY;

CREATE TABLE ops.replayed_rows
(
    id UUID,
    at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(at)
ORDER BY id
TTL toDateTime(at) + INTERVAL 31 DAY;

-- Bodies may hold identities: the body stays with the administrator (vault), the count with all.
CREATE VIEW vault.rejected DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    r.id AS id,
    r.at AS at,
    source,
    kind,
    reason,
    path,
    body,
    encoding,
    headers,
    if(p.at = toDateTime64(0, 3, 'UTC'), NULL, p.at) AS replayed_at
FROM (SELECT * FROM ops.rejected_rows FINAL) AS r
LEFT JOIN (SELECT * FROM ops.replayed_rows FINAL) AS p ON p.id = r.id;

CREATE VIEW ops.rejected DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id, at, source, kind, reason, path, length(body) AS body_bytes, replayed_at
FROM vault.rejected;

-- What each part last said of itself: lag_ms, records, errors and the like.
CREATE TABLE ops.beat_rows
(
    part LowCardinality(String),
    metric LowCardinality(String),
    value Float64,
    text String,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(at)
ORDER BY (part, metric)
TTL toDateTime(at) + INTERVAL 7 DAY;

CREATE VIEW ops.beats DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, text, at FROM ops.beat_rows FINAL;

-- Up to where each partition is surely in lrs.statements; an idle one counts as of its last look.
CREATE TABLE ops.frontier_rows
(
    partition UInt16,
    confirmed DateTime64(3, 'UTC'),
    at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(confirmed)
ORDER BY partition;

CREATE VIEW ops.frontier DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT partition, confirmed, at FROM ops.frontier_rows FINAL;

-- Hours whose facts changed, and that a mart has still to take in. A mark goes only when what it
-- asked for includes it.
CREATE TABLE ops.mark_rows
(
    hour DateTime('UTC'),
    mark UUID,
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    version UInt8,
    gone UInt8
) ENGINE = ReplacingMergeTree(version, gone)
PARTITION BY toYYYYMMDD(at)
ORDER BY (hour, mark)
TTL toDateTime(at) + INTERVAL 7 DAY;
