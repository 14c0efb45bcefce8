-- Events of a week that begins at `from` (seconds since 1970): few people do much and most little, mostly by day.
INSERT INTO learning.fact_rows
    (id, time, account, counterpart, tool, behaviour, scaffold, know, verb, object, object_type, topic, duration, source, position, version, gone)
WITH
    sipHash64(number, {seed:UInt32}) AS chance,
    (chance % 1000003) / 1000003 AS first,
    (bitShiftRight(chance, 20) % 1000003) / 1000003 AS second,
    [
        ('search', 'discovery'), ('ask', 'discovery'), ('explore', 'discovery'), ('locate', 'discovery'),
        ('collaborate', 'practice'), ('connect', 'practice'), ('help', 'sharing'), ('record', 'sharing'),
        ('bookmark', 'reinforcement'), ('reinforce', 'reinforcement'), ('', 'none')
    ] AS kinds,
    kinds[1 + toUInt32(11 * second * second)] AS kind
SELECT
    generateUUIDv4() AS id,
    toDateTime64({from:UInt32} + intDiv(number * 604800, {events:UInt32}), 3, 'UTC') AS time,
    1 + toUInt64({people:UInt32} * first * first) AS account,
    0 AS counterpart,
    ['GitHub', 'Slack', 'Wiki', 'Jira', 'Zendesk'][1 + bitShiftRight(chance, 40) % 5] AS tool,
    kind.1 AS behaviour,
    kind.2 AS scaffold,
    'how' AS know,
    'v' AS verb,
    concat('https://work.example/', toString(bitShiftRight(chance, 44) % 5000)) AS object,
    'page' AS object_type,
    concat('topic ', toString(toUInt32(200 * second * first))) AS topic,
    0 AS duration,
    'benchmark' AS source,
    number AS position,
    1 AS version,
    0 AS gone
FROM numbers({events:UInt32})
