-- Topics of which somebody knew enough (a score, as learning.expertise has it) whose last day it was, and nobody who
-- stays does, as of that day. Who is in no team after a day has left; who never was in one is taken to stay.
WITH
    ends AS (SELECT person, max(until) AS last FROM directory.memberships GROUP BY person),
    days AS (SELECT DISTINCT last AS day FROM ends WHERE last BETWEEN {first:Date32} AND {last:Date32}),
    experts AS
    (
        SELECT d.day AS day, e.topic AS topic, e.person AS person
        FROM (SELECT day, person, topic, points FROM learning.expertise_days WHERE topic != '') AS e
        CROSS JOIN days AS d
        WHERE toDate32(e.day) <= d.day
        GROUP BY day, topic, person
        HAVING sum(e.points * exp2((toInt32(e.day) - toInt32(d.day)) / 90)) >= {amount:Float64} - 1e-9
    )
SELECT
    concat(x.topic, '/', toString(x.day)) AS case,
    x.topic AS topic,
    '' AS team,
    '' AS link,
    toDate(x.day) AS began,
    toInt64(0) AS ended
FROM experts AS x
LEFT JOIN ends AS e ON e.person = x.person
GROUP BY x.topic, x.day
HAVING countIf(e.person = 0 OR e.last > x.day) = 0 AND countIf(e.last = x.day) > 0
