-- In which of these weeks the minimum group read anything, looked for by the hours (seconds since 1970) around them.
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT toString(toMonday(day)) AS period
FROM released.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND behaviour = 'read'
    AND object != ''
    AND person != 0
    AND period IN {periods:Array(String)}
    AND {grain:String} = 'week'
GROUP BY period
HAVING uniqExact(person) >= k
