-- From whom there surely are flows in these periods, looked for by the hours (seconds since 1970) around them: who helps,
-- reviews for or mentions somebody else, and who answers another person's question.
WITH
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS around,
    acted AS
    (
        SELECT
            $period AS period,
            time,
            person,
            behaviour IN ('help', 'connect') OR verb IN ('http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve', 'http://id.tincanapi.com/verb/mentioned') AS direct,
            counterpart_person NOT IN (0, person) AS named,
            if(verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce'), reference, '') AS thing
        FROM $events
        WHERE hour IN around
            AND period IN {periods:Array(String)}
            AND person != 0
            AND behaviour NOT IN ('ask', 'none', 'read', 'explore')
            AND NOT (verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false))
            AND ((named AND direct) OR (thing != '' AND verb NOT IN ('http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve')))
    ),
    asked AS
    (
        SELECT thing, time, argMax(person, key) AS asker
        FROM
        (
            SELECT time, person, toString(id) AS key, arrayJoin([object, concat('urn:uuid:', key)]) AS thing
            FROM $events
            WHERE hour IN (SELECT hour FROM learning.thing_hour_rows WHERE role = 'asked' AND thing IN (SELECT cityHash64(acted.thing) FROM acted))
                AND behaviour = 'ask'
                AND person != 0
                AND thing IN (SELECT thing FROM acted WHERE thing != '')
        )
        GROUP BY thing, time
    )
SELECT DISTINCT a.period AS period, a.person AS person
FROM acted AS a
ASOF LEFT JOIN asked AS q ON q.thing = a.thing AND q.time <= a.time
WHERE (a.named AND a.direct)
    OR (q.asker NOT IN (0, a.person) AND toUnixTimestamp64Milli(a.time) - toUnixTimestamp64Milli(q.time) <= 90 * 86400000)
