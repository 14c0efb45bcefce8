-- Whose episodes begin on these days and around them, and on which: that of the first ask or search of a session on a
-- topic (as in begun.sql).
WITH
    (SELECT session_gap * 60000 FROM viewer.settings) AS gap,
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayDistinct(arrayFlatten(arrayMap(p -> [p - 3, p - 2, p - 1, p, p + 1], $days))) AS days,
    spaced AS
    (
        SELECT
            person,
            toUnixTimestamp64Milli(time) AS at,
            day AS own,
            behaviour,
            topic,
            object,
            position,
            (at, position, toString(id)) AS place
        FROM $events
        WHERE time >= toDateTime64(arrayMin($days) - 4, 3, 'UTC')
            AND time < toDateTime64(arrayMax($days) + 3, 3, 'UTC')
            AND toDate32(day) IN days
            AND scaffold != 'none'
    ),
$joined
    placed AS
    (
        SELECT
            *,
            if(behaviour = 'search' AND topic = '',
                argMinIf(topic, place, behaviour IN ('read', 'bookmark'))
                    OVER (PARTITION BY person, begun, session ORDER BY at DESC RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                topic) AS about
        FROM joined
        WHERE behaviour IN ('ask', 'search', 'read', 'bookmark')
    )
SELECT argMin(p.own, p.place) AS day, p.person AS person
FROM placed AS p
WHERE p.behaviour IN ('ask', 'search')
GROUP BY p.person, p.begun, p.session, p.about, if(p.about = '' AND p.behaviour = 'ask', concat('ask ', p.object), '')
