-- The episodes that begin on these days, from the deduplicated facts of each day, of the three days before and of the
-- eight after. Moments are in milliseconds, and 0 is none; Date32, as a Date counts round at its ends. Ids are compared
-- as texts, as they are written.
WITH
    (SELECT session_gap * 60000 FROM viewer.settings) AS gap,
    (SELECT time_zone FROM viewer.settings) AS zone,
    toDateTime64(arrayMin($days) - 4, 3, 'UTC') AS earliest,
    toDateTime64(arrayMax($days) + 3, 3, 'UTC') AS latest,
    toDateTime64(arrayMax($days) + 10, 3, 'UTC') AS over,
    arrayDistinct(arrayFlatten(arrayMap(p -> [p - 3, p - 2, p - 1, p, p + 1], $days))) AS days,
    86400000 AS one_day,
    spaced AS
    (
        SELECT
            id,
            toString(id) AS key,
            person,
            resolved,
            team,
            tenure_band,
            toUnixTimestamp64Milli(time) AS at,
            day AS own,
            tool,
            behaviour,
            topic,
            object,
            position
        FROM $events
        WHERE time >= earliest AND time < latest AND toDate32(day) IN days AND scaffold != 'none'
    ),
$joined
    placed AS
    (
        -- `about` is the topic; what is read or bookmarked next says that of a search which has none.
        SELECT
            *,
            behaviour IN ('ask', 'search') AS need,
            if(behaviour = 'search' AND topic = '',
                argMinIf(topic, (at, position, key), behaviour IN ('read', 'bookmark'))
                    OVER (PARTITION BY person, begun, session ORDER BY at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                topic) AS about
        FROM joined
        WHERE behaviour IN ('ask', 'search', 'read', 'bookmark')
    ),
    asked AS
    (
        -- What is said to what anybody asks.
        SELECT
            toString(id) AS key,
            person,
            object,
            toUnixTimestamp64Milli(time) AS at,
            tool,
            behaviour,
            reference,
            verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') AS said,
            verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false) AS accepted
        FROM $events
        WHERE time >= earliest AND time < over AND (behaviour = 'ask' OR reference != '')
    ),
    askings AS
    (
        SELECT thing, at, max(key) AS asking, argMax(person, key) AS asker
        FROM
        (
            SELECT key, at, person, arrayJoin([object, concat('urn:uuid:', key)]) AS thing
            FROM asked
            WHERE behaviour = 'ask' AND thing != ''
        )
        GROUP BY thing, at
    ),
    answered AS
    (
        -- The first answer to each asking: the last one of its thing before the answer.
        SELECT q.asking AS key, min((a.at, a.key, a.tool)) AS answer
        FROM (SELECT * FROM asked WHERE reference != '') AS a
        ASOF INNER JOIN askings AS q ON a.reference = q.thing AND a.at >= q.at
        WHERE a.behaviour NOT IN ('ask', 'none')
            AND (a.said OR a.behaviour IN ('help', 'reinforce'))
            AND a.person != 0
            AND (a.person != q.asker OR a.accepted)
        GROUP BY key
    ),
    needs AS
    (
        -- An episode, with the first answer (`answer`) and with what was read or bookmarked first in the session (`read`).
        SELECT
            person,
            session,
            p.about AS topic,
            minIf((at, position, p.key), need) AS start,
            start.1 AS begins,
            argMinIf(id, (at, position, p.key), need) AS id,
            argMinIf(p.own, (at, position, p.key), need) AS day,
            argMinIf(p.resolved, (at, position, p.key), need) AS known,
            argMinIf(p.team, (at, position, p.key), need) AS team_then,
            argMinIf(p.tenure_band, (at, position, p.key), need) AS tenure_then,
            argMinIf(p.tool, (at, position, p.key), need) AS start_tool,
            argMinIf(p.behaviour, (at, position, p.key), need) AS kind,
            argMinIf(p.object, (at, position, p.key), need) AS thing,
            countIf(need AND p.behaviour = 'ask') AS asks,
            countIf(need AND p.behaviour = 'search') AS searches,
            minIf(a.answer, need AND a.answer.1 != 0) AS answer,
            arrayFirst(
                one -> one.1 >= begins,
                arraySort(groupArrayIf((at, position, p.key, toString(p.behaviour), toString(p.tool)), NOT need))) AS read
        FROM placed AS p
        LEFT JOIN answered AS a ON a.key = p.key
        GROUP BY
            person,
            p.begun,
            session,
            p.about,
            if(p.about = '' AND p.behaviour = 'ask', concat('ask ', p.object), '')
        HAVING asks + searches > 0 AND toDate32(day) IN $days
    ),
    later AS
    (
        -- What persons do about a topic afterwards.
        SELECT person, topic, scaffold, toUnixTimestamp64Milli(time) AS at, argMin(tool, (position, toString(id))) AS tool
        FROM $events
        WHERE time >= toDateTime64(arrayMin($days) - 1, 3, 'UTC') AND time < over
            AND scaffold IN ('practice', 'sharing', 'reinforcement')
            AND topic != ''
        GROUP BY person, topic, scaffold, at
    ),
    passed AS
    (
        -- Each episode once for each scaffold, with the next that was done of it.
        SELECT
            e.day AS day,
            e.id AS id,
            e.begins AS begins,
            e.person AS person,
            e.known AS known,
            e.team_then AS team_then,
            e.tenure_then AS tenure_then,
            e.kind AS kind,
            e.start_tool AS start_tool,
            e.topic AS topic,
            e.thing AS thing,
            e.asks AS asks,
            e.searches AS searches,
            e.answer AS answer,
            e.read AS read,
            maxIf((l.at, toString(l.tool)), e.next = 'practice' AND l.at <= e.begins + one_day) AS applied,
            maxIf((l.at, toString(l.tool)), e.next = 'sharing' AND l.at <= e.begins + 7 * one_day) AS shared,
            maxIf((l.at, toString(l.tool)), e.next = 'reinforcement' AND l.at <= e.begins + 7 * one_day) AS reinforced
        FROM (SELECT *, arrayJoin(['practice', 'sharing', 'reinforcement']) AS next FROM needs) AS e
        ASOF LEFT JOIN later AS l ON l.person = e.person AND l.topic = e.topic AND l.scaffold = e.next AND l.at >= e.begins
        GROUP BY day, id, begins, person, known, team_then, tenure_then, kind, start_tool, topic, thing, asks, searches, answer, read
    )
SELECT
    day,
    id,
    fromUnixTimestamp64Milli(passed.begins, 'UTC') AS begins,
    person,
    known AS resolved,
    team_then AS team,
    tenure_then AS tenure_band,
    kind,
    start_tool AS tool,
    topic,
    thing AS object,
    asks,
    searches,
    got.2 AS found_by,
    if(got.1 = 0, NULL, fromUnixTimestamp64Milli(got.1, 'UTC')) AS found,
    if(passed.applied.1 = 0, NULL, fromUnixTimestamp64Milli(passed.applied.1, 'UTC')) AS applied,
    if(passed.shared.1 = 0, NULL, fromUnixTimestamp64Milli(passed.shared.1, 'UTC')) AS shared,
    if(passed.reinforced.1 = 0, NULL, fromUnixTimestamp64Milli(passed.reinforced.1, 'UTC')) AS reinforced,
    arrayDistinct(arrayMap(step -> step.3, steps)) AS scaffolds,
    arrayDistinct(arrayMap(step -> step.4, steps)) AS tools
FROM
(
    SELECT
        *,
        if(answer.1 != 0 AND answer.1 <= begins + 7 * one_day, (answer.1, 'answer', toString(answer.3)), (toInt64(0), '', '')) AS by_answer,
        multiIf(read.1 = 0, by_answer, by_answer.1 = 0 OR read.1 < by_answer.1, (read.1, read.4, read.5), by_answer) AS got,
        arraySort(
            step -> (step.1, step.2),
            arrayFilter(step -> step.1 != 0, [
                (begins, 0, 'discovery', toString(start_tool)),
                (got.1, 1, 'discovery', got.3),
                (applied.1, 2, 'practice', applied.2),
                (shared.1, 3, 'sharing', shared.2),
                (reinforced.1, 4, 'reinforcement', reinforced.2)])) AS steps
    FROM passed
) AS passed
