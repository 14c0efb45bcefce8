-- In which of these months, by the Mondays of weeks, the minimum group did anything, looked for by the hours (seconds
-- since 1970) around them.
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT toString(toStartOfMonth(toMonday(day))) AS period
FROM released.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND scaffold != 'none'
    AND person != 0
    AND period IN {periods:Array(String)}
    AND {grain:String} = 'month'
GROUP BY period
HAVING uniqExact(person) >= k
