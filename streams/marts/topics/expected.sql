-- Which of these days have events of a topic, looked for by the hours (seconds since 1970) around them.
SELECT DISTINCT toString(day) AS period
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND scaffold != 'none'
    AND topic != ''
    AND period IN {periods:Array(String)}
