-- Teams that may be named, and the days after which nobody of them shared anything for so many days; before the first
-- sharing, since the first learning event of all. A team counts while it has the minimum group of people.
SELECT
    concat(s.team, '/', toString(s.last)) AS case,
    '' AS topic,
    s.team AS team,
    '' AS link,
    s.last AS began,
    toInt64(0) AS ended
FROM
(
    SELECT team, one.1 AS last, one.2 AS next
    FROM
    (
        SELECT team, arraySort(arrayDistinct(arrayPushFront(groupUniqArrayIf(day, sharing > 0), min(day)))) AS days
        FROM learning.person_day_rows
        WHERE team IN (SELECT team FROM viewer.teams)
        GROUP BY team
    )
    ARRAY JOIN arrayZip(days, arrayPushBack(arrayPopFront(days), toDate('2149-06-06'))) AS one
) AS s
INNER JOIN directory.team_sizes AS z ON z.team = s.team
WHERE s.next > s.last + {amount:UInt32}
    AND s.last BETWEEN {first:Date} AND {last:Date}
    AND toDate32(s.last) + {amount:UInt32} BETWEEN z.from AND z.until
    AND z.size >= (SELECT minimum_group FROM viewer.settings)
