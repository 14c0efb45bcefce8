-- In which of these weeks the minimum group surely showed that they know a topic of it: who helped or recorded in it, or
-- in the twelve weeks before.
WITH
    (SELECT minimum_group FROM viewer.settings) AS k,
    arrayMap(week -> toDate(week), {periods:Array(String)}) AS mondays
SELECT DISTINCT toString(week) AS period
FROM
(
    SELECT arrayJoin(arrayFilter(monday -> day BETWEEN monday - 84 AND monday + 6, mondays)) AS week, topic
    FROM released.events
    WHERE time >= toDateTime64(toDate32(arrayMin(mondays)) - 85, 3, 'UTC')
        AND time < toDateTime64(toDate32(arrayMax(mondays)) + 8, 3, 'UTC')
        AND topic != ''
        AND scaffold NOT IN ('none', 'formal')
        AND person NOT IN (0, counterpart_person)
        AND behaviour IN ('help', 'record')
        AND {grain:String} = 'week'
    GROUP BY week, topic
    HAVING uniqExact(person) >= k AND countIf(day >= week) > 0
)
