-- The days' askings, each with its answers, whenever these came. Where those lie say the hours of the things that
-- are asked, so that no other hour is read. Ids are compared as texts, as they are written.
WITH
    toDateTime64(toDate32(arrayMin($days)) - 1, 3, 'UTC') AS since,
    asked AS
    (
        SELECT id, time, day, person, team, tenure_days, tenure_band, tool, topic, object, object_type
        FROM $events
        WHERE time >= since
            AND time < toDateTime64(toDate32(arrayMax($days)) + 2, 3, 'UTC')
            AND day IN $days
            AND behaviour = 'ask'
    ),
    things AS
    (
        SELECT arrayJoin([object, concat('urn:uuid:', toString(id))]) AS thing FROM asked WHERE thing != ''
    ),
    related AS
    (
        SELECT id, time, person, team, verb, behaviour, object, reference, success
        FROM $events
        WHERE hour IN (SELECT hour FROM learning.thing_hour_rows WHERE role IN ('asked', 'refers') AND thing IN (SELECT cityHash64(things.thing) FROM things))
            AND time >= since
            AND (behaviour = 'ask' OR reference IN (SELECT thing FROM things))
    ),
    askings AS
    (
        SELECT thing, time, max(key) AS asking
        FROM
        (
            SELECT toString(id) AS key, time, arrayJoin([object, concat('urn:uuid:', toString(id))]) AS thing
            FROM related
            WHERE behaviour = 'ask' AND thing IN (SELECT thing FROM things)
        )
        GROUP BY thing, time
    ),
    answers AS
    (
        SELECT
            toString(id) AS key,
            time,
            person,
            team,
            reference AS thing,
            verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false) AS accepted
        FROM related
        WHERE reference IN (SELECT thing FROM things)
            AND behaviour NOT IN ('ask', 'none')
            AND (verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce'))
            AND person != 0
    ),
    people AS
    (
        SELECT
            askings.asking AS asking,
            answers.person AS person,
            greatest(countIf(NOT answers.accepted), toUInt64(countIf(answers.accepted) > 0)) AS said,
            min((answers.time, answers.key)) AS first,
            argMin(answers.team, (answers.time, answers.key)) AS first_team,
            countIf(answers.accepted) > 0 AS accepted,
            minIf((answers.time, answers.key), answers.accepted) AS accepted_first,
            argMinIf(answers.team, (answers.time, answers.key), answers.accepted) AS accepted_team
        FROM answers
        ASOF INNER JOIN askings ON answers.thing = askings.thing AND answers.time >= askings.time
        GROUP BY asking, person
    )
SELECT
    q.day,
    q.id,
    q.time AS asked,
    q.person AS asker,
    q.team,
    q.tenure_days,
    q.tenure_band,
    q.tool,
    q.topic,
    q.object,
    q.object_type,
    if(answerers = 0, NULL, minIf(p.first, (p.person NOT IN (0, q.person))).1) AS answered,
    if(answerers = 0, NULL, argMinIf(p.person, p.first, (p.person NOT IN (0, q.person)))) AS answerer,
    argMinIf(p.first_team, p.first, (p.person NOT IN (0, q.person))) AS answerer_team,
    if(max(p.accepted) = 0, NULL, minIf(p.accepted_first, p.accepted).1) AS accepted,
    if(max(p.accepted) = 0, NULL, argMinIf(p.person, p.accepted_first, p.accepted)) AS accepted_answerer,
    argMinIf(p.accepted_team, p.accepted_first, p.accepted) AS accepted_team,
    sumIf(p.said, (p.person NOT IN (0, q.person))) AS answers,
    countIf((p.person NOT IN (0, q.person))) AS answerers
FROM asked AS q
LEFT JOIN people AS p ON p.asking = toString(q.id)
GROUP BY q.day, q.id, q.time, q.person, q.team, q.tenure_days, q.tenure_band, q.tool, q.topic, q.object, q.object_type
