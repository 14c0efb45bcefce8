-- What was done to each object on these days, from the deduplicated facts; a day of the organisation lies within a day
-- either way. Date32, as a Date counts round at its ends. Ids are compared as texts, as they are written.
INSERT INTO $staging
WITH
    acts AS
    (
        SELECT
            day,
            if(answers, e.reference, e.object) AS thing,
            answers,
            e.behaviour AS did,
            e.verb IN ('https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update') AS edits,
            e.verb = 'http://adlnet.gov/expapi/verbs/answered' AS says,
            e.tool AS tool,
            e.topic AS topic,
            e.object_type AS object_type,
            e.person AS person,
            e.team AS team,
            e.time AS time,
            toString(e.id) AS key
        FROM learning.events AS e
        ARRAY JOIN [0, 1] AS answers
        WHERE e.time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 1, 3, 'UTC')
            AND e.time < toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC')
            AND day IN {periods:Array(Date)}
            AND thing != ''
            AND if(
                answers,
                behaviour NOT IN ('ask', 'none')
                    AND (verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce'))
                    AND person != 0,
                behaviour IN ('record', 'curate', 'bookmark', 'read'))
    ),
    readers AS
    (
        SELECT day, thing, arraySort(groupArray((person, team, at))) AS read
        FROM
        (
            SELECT day, thing, person, argMin(team, (acts.time, key)) AS team, min(acts.time) AS at
            FROM acts
            WHERE NOT answers AND did = 'read'
            GROUP BY day, thing, person
        )
        GROUP BY day, thing
    )
SELECT
    a.day AS day,
    a.thing AS object,
    argMaxIf(a.object_type, (a.time, a.key), NOT a.answers) AS object_type,
    argMaxIf(a.tool, (a.time, a.key), NOT a.answers) AS tool,
    argMaxIf(a.topic, (a.time, a.key), NOT a.answers) AS topic,
    minOrNullIf(a.time, NOT a.answers) AS seen,
    countIf(NOT a.answers AND a.did = 'record') AS records,
    countIf(NOT a.answers AND a.did = 'record' AND a.says) AS answers_recorded,
    countIf(NOT a.answers AND a.did = 'curate') AS shares,
    countIf(NOT a.answers AND a.did = 'bookmark') AS saves,
    countIf(NOT a.answers AND a.did = 'read') AS reads,
    countIf(a.answers) AS answers,
    maxOrNullIf(a.time, NOT a.answers AND a.did = 'record') AS edited,
    arraySort(groupUniqArrayIf(a.person, NOT a.answers AND a.did = 'record')) AS recorders,
    arrayFilter(one -> one.1 != 0, [
        minIf((toUInt8(1), a.time, a.key, a.person, toString(a.team), toUInt8(a.edits)), NOT a.answers AND a.did = 'record'),
        minIf((toUInt8(2), a.time, a.key, a.person, toString(a.team), toUInt8(0)), NOT a.answers AND a.did = 'curate'),
        minIf((toUInt8(3), a.time, a.key, a.person, toString(a.team), toUInt8(0)), NOT a.answers AND a.did = 'bookmark')]) AS brought,
    any(r.read) AS readers
FROM acts AS a
LEFT JOIN readers AS r ON r.day = a.day AND r.thing = a.thing
GROUP BY a.day, a.thing
SETTINGS max_partitions_per_insert_block = 0
