-- Which of these days have facts, looked for by the hour (seconds since 1970) around them.
SELECT DISTINCT toString(day)
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND toString(day) IN {days:Array(String)}
