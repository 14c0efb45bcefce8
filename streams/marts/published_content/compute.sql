-- The readings of a week, together where nothing tells them apart. Who ever wrote what was read say the hours of things,
-- so that no other hour is read. Ids are compared as texts, as they are written.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMin({periods:Array(Date)}) AS monday,
    monday + 6 AS sunday,
    toDateTime64(toDate32(monday) + 8, 3, 'UTC') AS until,
    lately AS
    (
        SELECT day, person, toString(topic) AS topic, object
        FROM released.events
        WHERE time >= toDateTime64(toDate32(sunday) - 57, 3, 'UTC')
            AND time < until
            AND day BETWEEN sunday - 55 AND sunday
            AND behaviour = 'read'
            AND object != ''
            AND person != 0
    ),
    opened AS (SELECT * FROM lately WHERE day >= monday),
    things AS (SELECT DISTINCT object FROM opened),
    written AS
    (
        SELECT
            object,
            argMin(person, (events.time, toString(id))) AS author,
            groupUniqArray(person) AS writers,
            max(day) AS edited
        FROM released.events AS events
        WHERE hour IN
            (
                SELECT hour
                FROM learning.thing_hour_rows
                WHERE thing IN (SELECT cityHash64(things.object) FROM things) AND role = 'written' AND hour < until
            )
            AND day <= sunday
            AND person != 0
            AND object IN (SELECT object FROM things)
            AND behaviour NOT IN ('ask', 'unclassified', 'none')
            AND verb NOT IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied', 'http://adlnet.gov/expapi/verbs/commented', 'http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve', 'http://id.tincanapi.com/verb/mentored', 'https://w3id.org/xapi/adb/verbs/coached')
            AND (behaviour = 'record' OR verb IN ('http://activitystrea.ms/author', 'http://activitystrea.ms/create', 'https://w3id.org/xapi/acrossx/verbs/posted', 'https://w3id.org/xapi/acrossx/verbs/edited', 'http://activitystrea.ms/update'))
        GROUP BY object
    ),
    readers AS
    (
        SELECT object, uniqExactIf(person, day > sunday - 28) AS now_, uniqExactIf(person, day <= sunday - 28) AS before
        FROM lately
        WHERE object IN (SELECT object FROM things)
        GROUP BY object
    ),
    (
        SELECT groupUniqArray(person)
        FROM (SELECT person, max(until) AS last FROM released.memberships GROUP BY person)
        WHERE last < toDate32(sunday)
    ) AS gone,
    (SELECT groupUniqArray(person) FROM released.memberships WHERE until >= toDate32(sunday)) AS there
SELECT
    monday AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    o.person AS person,
    w.author AS author,
    o.topic AS topic,
    multiIf(
        w.author = 0, 'unseen',
        hasAny(w.writers, gone) AND NOT hasAny(w.writers, there), 'orphaned',
        w.edited <= sunday - 180, 'stale',
        r.now_ >= 5 AND r.now_ >= 1.5 * r.before, 'rising',
        'kept') AS state,
    count() AS events
FROM opened AS o
LEFT JOIN written AS w ON w.object = o.object
LEFT JOIN readers AS r ON r.object = o.object
GROUP BY ALL
ORDER BY ALL
