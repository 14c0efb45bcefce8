-- On which of these days somebody asks, looked for by the hours (seconds since 1970) around them.
SELECT DISTINCT toString(day) AS period
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND behaviour = 'ask'
    AND period IN {periods:Array(String)}
    AND {grain:String} = 'day'
