-- What the filters of GET /statements ask for (xAPI 1.0.3 Part Three 2.1.3): each statement's keys, in
-- the order of positions. Beside them what statements say of activities, of agents' names, and to which
-- other statements they refer. docs/decisions/statement-keys.md says why it is laid out so.

-- A key is a hash of a kind and a value: 1 agent (a canonical identifier, xapi/identity.py), 2 agent
-- that is only related, 3 verb, 4 activity, 5 activity that is only related, 6 registration. Every
-- statement has a row of key 0 too. `keys` are all of a statement's, so that several filters are one
-- read; `authority` hashes who wrote it (kind 7). A reference has its target's keys too, after its `own`
-- (2.1.4; streams/references.py writes them).
CREATE TABLE lrs.statement_keys
(
    key UInt64,
    position UInt128,
    id UUID,
    keys Array(UInt64),
    own UInt16,
    authority UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (key, position)
SETTINGS index_granularity = 512;

-- Definitions of activities, each distinct text once by source: the first that was stated stays.
CREATE TABLE lrs.activity_definitions
(
    activity String,
    digest UInt64,
    source LowCardinality(String),
    position UInt128,
    version UInt128,
    definition String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (activity, digest, source)
SETTINGS index_granularity = 256;

-- The names that statements gave to agents, by canonical identifier: the first that was stated stays.
CREATE TABLE lrs.agent_names
(
    agent String,
    name String,
    position UInt128,
    version UInt128
) ENGINE = ReplacingMergeTree(version)
ORDER BY (agent, name)
SETTINGS index_granularity = 256;

-- Statements whose object is a StatementRef, by the statement that they refer to.
CREATE TABLE lrs.reference_rows
(
    target UUID,
    id UUID,
    position UInt128
) ENGINE = ReplacingMergeTree
ORDER BY (target, position)
SETTINGS index_granularity = 256;

-- The references of each insert, for the sweep that follows it. Those of batch 0 are of a back-fill and
-- stay until they were swept; the others are gone after a few hours.
CREATE TABLE lrs.recent_references
(
    batch UInt64,
    id UUID,
    at DateTime DEFAULT now()
) ENGINE = MergeTree
ORDER BY (batch, id)
TTL at + INTERVAL 6 HOUR DELETE WHERE batch != 0;

-- Agents and activities of each statement. Agents: first those that it is directly about (`direct` of
-- them), then its authority, then those around it. Activities: first the object, empty where it is none.
CREATE TABLE lrs.said_in
(
    position UInt128,
    id UUID,
    source LowCardinality(String),
    verb String,
    registration Nullable(UUID),
    agents Array(Tuple(id String, name String)),
    direct UInt32,
    activities Array(Tuple(objectType String, id String, definition String))
) ENGINE = Null;

-- A view of its own beside lrs.lines_mv, so that no insert falls between two views while it is made.
-- What an insert costs here is mostly the analysis of this query: each name and each function in it
-- counts. So agents and context activities are taken out as texts and read in one place, whatever
-- property they came from. The canonical identifier follows xapi/identity.py; a test holds the two
-- together. A SubStatement has its context and agents where the statement has them.
CREATE MATERIALIZED VIEW lrs.said_mv TO lrs.said_in AS
SELECT
    position,
    id,
    source,
    verb,
    registration,
    arrayMap(
        x -> (
            concat(
                if(x.account.homePage = '', '', concat('account:', trimRight(x.account.homePage, '/'), '|', x.account.name)),
                lowerUTF8(x.mbox),
                if(x.mbox_sha1sum = '', '', concat('mbox_sha1sum:', lowerUTF8(x.mbox_sha1sum))),
                if(x.openid = '', '', concat('openid:', x.openid))),
            x.name),
        arrayFlatten(people)) AS agents,
    toUInt32(length(arrayFlatten(arraySlice(people, 1, directs)))) AS direct,
    activities
FROM
(
    SELECT
        position,
        id,
        source,
        verb,
        registration,
        -- A Group and its members (2.1.3, agent). An absent authority keeps its place.
        arrayMap(
            x -> arrayConcat(
                JSONExtract(concat('[', x, ']'), 'Array(Tuple(name String, mbox String, mbox_sha1sum String, openid String, account Tuple(homePage String, name String)))'),
                JSONExtract(x, 'member', 'Array(Tuple(name String, mbox String, mbox_sha1sum String, openid String, account Tuple(homePage String, name String)))')),
            arrayConcat(
                direct_texts,
                [if(authority = '', '{"name":""}', authority)],
                arrayFilter(x -> x != '', arrayConcat(
                    [inner_actor, inner_object],
                    contexts.instructor,
                    contexts.team,
                    arrayFlatten(contexts.contextAgents).agent,
                    arrayFlatten(contexts.contextGroups).group)))) AS people,
        length(direct_texts) AS directs,
        -- Context activities may be one or an array (Part Two 2.4.6.2).
        arrayPushFront(
            arrayFlatten(arrayMap(
                x -> JSONExtract(if(startsWith(x, '['), x, concat('[', x, ']')), 'Array(Tuple(objectType String, id String, definition String))'),
                arrayPushFront(arrayFlatten(arrayMap(x -> mapValues(x.contextActivities), contexts)), inner_object))),
            ('', activity, definition)) AS activities
    FROM
    (
        SELECT
            position,
            id,
            source,
            verb,
            registration,
            if(object_type = 'Activity', object, '') AS activity,
            doc.object.definition AS definition,
            if(object_type IN ('Agent', 'Group'), [doc.actor, JSONExtractRaw(line, 'object')], [doc.actor]) AS direct_texts,
            doc.authority AS authority,
            doc.object.actor AS inner_actor,
            doc.object.object AS inner_object,
            [doc.context, doc.object.context] AS contexts
        FROM
        (
            SELECT
                position,
                assumeNotNull(lines_in.id) AS id,
                source,
                verb,
                registration,
                object,
                object_type,
                line,
                JSONExtract(line, 'Tuple(
                    actor String,
                    object Tuple(definition String, actor String, object String, context Tuple(
                        instructor String,
                        team String,
                        contextActivities Map(String, String),
                        contextAgents Array(Tuple(agent String)),
                        contextGroups Array(Tuple(group String)))),
                    authority String,
                    context Tuple(
                    instructor String,
                    team String,
                    contextActivities Map(String, String),
                    contextAgents Array(Tuple(agent String)),
                    contextGroups Array(Tuple(group String))))') AS doc
            FROM lrs.lines_in
            WHERE error = ''
        )
    )
);

CREATE MATERIALIZED VIEW lrs.statement_keys_mv TO lrs.statement_keys AS
SELECT
    arrayJoin(arrayPushFront(keys, 0)) AS key,
    position,
    id,
    keys,
    toUInt16(length(keys)) AS own,
    authority
FROM
(
    SELECT
        position,
        id,
        arrayDistinct(arrayConcat(
            arrayMap(x -> cityHash64(1, x), arrayFilter(x -> x != '', direct_agents)),
            arrayMap(x -> cityHash64(2, x), arrayFilter(x -> x != '' AND NOT has(direct_agents, x), arraySlice(all_agents, direct + 1))),
            arrayMap(x -> cityHash64(3, x), [verb]),
            arrayMap(x -> cityHash64(4, x), arrayFilter(x -> x != '', [activity])),
            arrayMap(x -> cityHash64(5, x), arrayFilter(x -> x NOT IN ('', activity), all_activities)),
            arrayMap(x -> cityHash64(6, assumeNotNull(x)), arrayFilter(x -> x IS NOT NULL, [toString(registration)])))) AS keys,
        cityHash64(7, all_agents[direct + 1]) AS authority
    FROM
    (
        SELECT
            position,
            id,
            verb,
            registration,
            agents.id AS all_agents,
            direct,
            arraySlice(all_agents, 1, direct) AS direct_agents,
            activities.id[1] AS activity,
            -- A SubStatement's object may be something else.
            arrayFilter(x -> x.objectType IN ('', 'Activity'), activities).id AS all_activities
        FROM lrs.said_in
    )
);

CREATE MATERIALIZED VIEW lrs.activity_definitions_mv TO lrs.activity_definitions AS
SELECT
    found.id AS activity,
    cityHash64(found.definition) AS digest,
    source,
    position,
    bitNot(position) AS version,
    found.definition AS definition
FROM
(
    SELECT source, position, arrayJoin(arrayFilter(x -> x.id != '' AND x.definition != '' AND x.objectType IN ('', 'Activity'), activities)) AS found
    FROM lrs.said_in
);

CREATE MATERIALIZED VIEW lrs.agent_names_mv TO lrs.agent_names AS
SELECT found.id AS agent, found.name AS name, position, bitNot(position) AS version
FROM (SELECT position, arrayJoin(arrayFilter(x -> x.id != '' AND x.name != '', agents)) AS found FROM lrs.said_in);

CREATE MATERIALIZED VIEW lrs.reference_rows_mv TO lrs.reference_rows AS
SELECT assumeNotNull(toUUIDOrNull(object)) AS target, assumeNotNull(lines_in.id) AS id, position
FROM lrs.lines_in
WHERE error = '' AND object_type = 'StatementRef' AND toUUIDOrNull(object) IS NOT NULL;

CREATE MATERIALIZED VIEW lrs.recent_references_mv TO lrs.recent_references AS
SELECT batch, assumeNotNull(lines_in.id) AS id
FROM lrs.lines_in
WHERE error = '' AND object_type = 'StatementRef' AND toUUIDOrNull(object) IS NOT NULL;
