-- Which of these days surely show what somebody knows, looked for by the hours (seconds since 1970) around them.
SELECT DISTINCT toString(day) AS period
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND topic != ''
    AND scaffold NOT IN ('none', 'formal')
    AND person NOT IN (0, counterpart_person)
    AND behaviour IN ('help', 'record')
    AND period IN {periods:Array(String)}
