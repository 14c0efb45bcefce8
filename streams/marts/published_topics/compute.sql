-- Who showed that they know each topic of a week, and who of them are the fewest who did half of it. The weights are those
-- of learning.expertise_days.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMin({periods:Array(Date)}) AS monday
SELECT
    monday AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    person,
    toString(topic) AS topic,
    toUInt8(2 * (grown - points) < whole) AS half,
    1 AS events
FROM
(
    SELECT
        topic,
        person,
        points,
        sum(points) OVER (PARTITION BY topic ORDER BY points DESC, person ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS grown,
        sum(points) OVER (PARTITION BY topic) AS whole
    FROM
    (
        SELECT topic, person, toInt64(sum(transform(part, ['accepted', 'helped', 'recorded', 'reviewed', 'thanked'], [3, 2, 2, 1, 1], 0))) AS points
        FROM
        (
$earned
        )
        GROUP BY topic, person
    )
    WHERE topic IN
        (
            SELECT topic
            FROM released.events
            WHERE time >= toDateTime64(toDate32(monday) - 1, 3, 'UTC')
                AND time < toDateTime64(toDate32(monday) + 8, 3, 'UTC')
                AND day BETWEEN monday AND monday + 6
                AND scaffold != 'none'
        )
)
ORDER BY topic, person
