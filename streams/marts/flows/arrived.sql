-- The days' flows, each with what began it in the 90 days before. Where that lies say the hours of the things that are
-- read, answered or reviewed, so that no other hour is read. Ids are compared as texts, as they are written.
WITH
    90 AS reach,
    toDateTime64(toDate32(arrayMin($days)) - 1, 3, 'UTC') AS since,
    toDateTime64(toDate32(arrayMax($days)) + 2, 3, 'UTC') AS until,
    toDateTime64(toDate32(arrayMin($days)) - 2 - reach, 3, 'UTC') AS earliest,
    (person, at) -> multiIf(
        dictGetOrNull('$directory.person_start', 'start', person) IS NULL, 'unknown',
        dateDiff('month', dictGetOrNull('$directory.person_start', 'start', person), toDate32(at)) < 3, '0-3 months',
        dateDiff('month', dictGetOrNull('$directory.person_start', 'start', person), toDate32(at)) < 12, '3-12 months',
        dateDiff('month', dictGetOrNull('$directory.person_start', 'start', person), toDate32(at)) < 36, '1-3 years',
        '3+ years') AS band,
    arrived AS
    (
        SELECT
            id,
            toString(id) AS key,
            time,
            day,
            person,
            counterpart_person AS whom,
            tool,
            topic,
            object,
            reference,
            behaviour IN ('read', 'explore') AND object != '' AS opens,
            verb IN ('http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve') AND behaviour != 'ask' AS reviews,
            reference != '' AND behaviour != 'ask'
                AND (verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce')) AS answers,
            verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false) AS accepted,
            behaviour = 'help' AS helps,
            behaviour = 'connect' OR verb = 'http://id.tincanapi.com/verb/mentioned' AS mentions,
            multiIf(opens, object, reviews OR answers, reference, '') AS thing
        FROM $events
        WHERE time >= since
            AND time < until
            AND day IN $days
            AND person != 0
            AND behaviour != 'none'
            AND (opens OR reviews OR answers OR helps OR mentions)
    ),
    things AS (SELECT DISTINCT thing FROM arrived WHERE thing != ''),
    begun AS
    (
        -- What was asked, written and shared, and by whom last at each moment.
        SELECT role, thing, time AS at, argMax(person, key) AS whose
        FROM
        (
            SELECT
                time,
                person,
                toString(id) AS key,
                arrayJoin([
                    (if(behaviour = 'ask', 'asked', ''), object),
                    (if(behaviour = 'ask', 'asked', ''), concat('urn:uuid:', key)),
                    (if(behaviour NOT IN ('ask', 'unclassified')
                        AND verb NOT IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied', 'http://adlnet.gov/expapi/verbs/commented', 'http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve', 'http://id.tincanapi.com/verb/mentored', 'https://w3id.org/xapi/adb/verbs/coached')
                        AND (behaviour = 'record' OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update')), 'written', ''), object),
                    (if(behaviour != 'ask' AND verb IN ('http://adlnet.gov/expapi/verbs/shared', 'http://activitystrea.ms/share'), 'shared', ''), object)]) AS did,
                did.1 AS role,
                did.2 AS thing
            FROM $events
            WHERE hour IN
                (
                    SELECT hour
                    FROM learning.thing_hour_rows
                    WHERE thing IN (SELECT cityHash64(things.thing) FROM things)
                        AND role IN ('asked', 'written', 'shared')
                        AND hour >= earliest
                        AND hour < until
                )
                AND time >= earliest
                AND time < until
                AND person != 0
                AND behaviour != 'none'
                AND role != ''
                AND thing IN (SELECT thing FROM things)
        )
        GROUP BY role, thing, at
    ),
    said AS
    (
        -- What somebody answered before what is told as accepted.
        SELECT person, reference AS thing, groupArray((time, toString(id), verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false))) AS answers
        FROM $events
        WHERE hour IN
            (
                SELECT hour
                FROM learning.thing_hour_rows
                WHERE thing IN (SELECT cityHash64(arrived.thing) FROM arrived WHERE arrived.answers AND arrived.accepted)
                    AND role = 'refers'
                    AND hour >= earliest
                    AND hour < until
            )
            AND time >= earliest
            AND time < until
            AND reference IN (SELECT thing FROM arrived WHERE answers AND accepted)
            AND person != 0
            AND behaviour NOT IN ('ask', 'none')
            AND (verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce'))
        GROUP BY person, thing
    ),
    traced AS
    (
        -- Each with its author; with who shared it where that is not known; or with who asked.
        SELECT
            a.*,
            b.role AS role,
            b.whose AS whose,
            b.at AS at,
            b.role != '' AND toUnixTimestamp64Milli(a.time) - toUnixTimestamp64Milli(b.at) <= reach * 86400000 AS known
        FROM (SELECT *, arrayJoin(if(opens, ['written', 'shared'], ['asked'])) AS wanted FROM arrived) AS a
        ASOF LEFT JOIN begun AS b ON b.role = a.wanted AND b.thing = a.thing AND b.at <= a.time
        ORDER BY id ASC, known DESC, wanted DESC
        LIMIT 1 BY id
    )
SELECT
    day,
    multiIf(
        t.opens, multiIf(NOT t.known OR t.whose = t.person, '', t.role = 'written', 'page', 'bookmark'),
        t.reviews AND t.whom NOT IN (0, t.person), 'review',
        t.reviews, if(t.whom = 0 AND t.known AND t.whose != t.person, 'review', ''),
        t.answers AND t.known AND t.whose != t.person
            AND NOT (t.accepted AND arrayExists(one -> one.1 >= t.at AND if(one.3, (one.1, one.2) < (t.time, t.key), one.1 <= t.time), s.answers)), 'answer',
        t.accepted OR t.whom IN (0, t.person), '',
        t.helps, 'coaching',
        t.mentions, 'mention',
        '') AS kind,
    t.id AS id,
    t.time AS at,
    if(t.opens, t.whose, t.person) AS from_person,
    dictGetOrDefault('$directory.person_team', 'team', from_person, toDate32(day), '') AS from_team,
    band(from_person, t.time) AS from_tenure_band,
    multiIf(t.opens, t.person, kind = 'answer', t.whose, t.whom = 0, t.whose, t.whom) AS to_person,
    dictGetOrDefault('$directory.person_team', 'team', to_person, toDate32(day), '') AS to_team,
    band(to_person, t.time) AS to_tenure_band,
    t.tool AS tool,
    t.topic AS topic,
    if(t.thing != '', t.thing, if(t.reference != '', t.reference, t.object)) AS object,
    if(kind IN ('page', 'bookmark', 'answer') OR kind = 'review' AND t.known AND t.whose = to_person, (toUnixTimestamp64Milli(t.time) - toUnixTimestamp64Milli(t.at)) / 1000, NULL) AS latency
FROM traced AS t
LEFT JOIN said AS s ON s.person = t.person AND s.thing = t.thing
WHERE kind != ''
