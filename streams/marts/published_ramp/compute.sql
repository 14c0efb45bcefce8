-- The weeks that begin in a month: for each its people, with how long they are there and what they did. The Monday of
-- the first days of 1970 is the first of them, for dates begin there.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMin({periods:Array(Date)}) AS month,
    arrayFilter(monday -> toStartOfMonth(monday) = month, arrayDistinct(arrayMap(n -> toMonday(month + n), range(31)))) AS mondays,
    done AS
    (
        SELECT person, toMonday(day) AS monday, count() AS acts, countIf(scaffold = 'sharing') AS shares
        FROM released.events
        WHERE time >= toDateTime64(toDate32(month) - 1, 3, 'UTC')
            AND time < toDateTime64(toDate32(month) + 39, 3, 'UTC')
            AND toMonday(day) IN mondays
            AND person != 0
            AND scaffold != 'none'
        GROUP BY person, monday
    ),
    helps AS
    (
        SELECT person, groupUniqArray(day) AS days
        FROM released.events
        WHERE time >= toDateTime64(toDate32(month) - 92, 3, 'UTC')
            AND time < toDateTime64(toDate32(month) + 39, 3, 'UTC')
            AND behaviour = 'help'
            AND person != 0
        GROUP BY person
    ),
    there AS
    (
        SELECT
            person,
            assumeNotNull(start) AS began,
            arrayJoin(mondays) AS monday,
            intDiv(dateDiff('day', began, toDate32(monday)) + 6, 7) AS week
        FROM released.people
        WHERE start <= toDate32(monday)
            AND monday IN (SELECT monday FROM done)
            AND dictHas('released.person_team', person, toDate32(monday))
    )
SELECT
    month AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    person,
    multiIf(NOT known, '', week < 13, 'new', week < 53, 'middle', 'old') AS stage,
    multiIf(stage != 'new', '', week < 4, '1-4', week < 8, '5-8', '9-13') AS step,
    multiIf(shares > 0, 'shared', acts > 0, 'used', 'nothing') AS did,
    multiIf(stage != 'new', '', arrayExists(day -> toDate32(day) >= began AND day <= monday + 6, days), 'yes', 'no') AS helped,
    count() AS events
FROM
(
    SELECT t.person AS person, true AS known, t.began AS began, t.monday AS monday, t.week AS week, d.acts AS acts, d.shares AS shares, h.days AS days
    FROM there AS t
    LEFT JOIN done AS d ON d.person = t.person AND d.monday = t.monday
    LEFT JOIN helps AS h ON h.person = t.person
    UNION ALL
    SELECT person, false AS known, toDate32(0) AS began, done.monday AS monday, toInt64(0) AS week, done.acts AS acts, done.shares AS shares, emptyArrayDate() AS days
    FROM done
    WHERE (person, monday) NOT IN (SELECT person, monday FROM there)
)
GROUP BY ALL
ORDER BY ALL
