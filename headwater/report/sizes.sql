-- team, in how many of the weeks it may be named, its people at the end of the last one (0: not named then).
SELECT team, count() AS weeks, toUInt64(sumIf(people, week = {last:Date})) AS people
FROM
(
    SELECT
        team, from, until, people,
        arrayJoin(arrayMap(place -> {first:Date} + 7 * place, range(toUInt32(dateDiff('day', {first:Date}, {last:Date}) / 7 + 1)))) AS week
    FROM viewer.team_sizes
)
WHERE toDate32(week + 6) BETWEEN from AND until
GROUP BY team
ORDER BY team
