-- Which of these periods have facts, looked for by the hours (seconds since 1970) around them.
SELECT DISTINCT toString(multiIf({grain:String} = 'week', toMonday(day), {grain:String} = 'month', toStartOfMonth(day), day)) AS period
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND period IN {periods:Array(String)}
