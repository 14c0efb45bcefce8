-- People who started on these days and asked in their first days, and when one of these questions was answered first.
-- identity: the case is the person's pseudonym, which goes into no message
SELECT
    toString(p.person) AS case,
    '' AS topic,
    if(argMin(q.team, q.asked) IN (SELECT team FROM viewer.teams), argMin(q.team, q.asked), '') AS team,
    '' AS link,
    any(p.began) AS began,
    ifNull(
        toUnixTimestamp64Milli(least(
            ifNull(min(q.answered), toDateTime64('2105-12-31 00:00:00', 3, 'UTC')),
            ifNull(min(q.accepted), toDateTime64('2105-12-31 00:00:00', 3, 'UTC')))),
        toInt64(0)) AS ended
FROM (SELECT person, toDate(assumeNotNull(start)) AS began FROM directory.people WHERE start BETWEEN {first:Date32} AND {last:Date32}) AS p
INNER JOIN learning.question_rows AS q ON q.asker = p.person
WHERE q.day >= toDate({first:Date32})
    AND q.day < toDate({last:Date32}) + {amount:UInt32}
    AND q.day >= p.began AND q.day < p.began + {amount:UInt32}
GROUP BY p.person
