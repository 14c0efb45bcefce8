-- On which of these days an object is written, kept, passed on, read or answered, looked for by the hours (seconds
-- since 1970) around them.
SELECT DISTINCT toString(day) AS period
FROM learning.events
WHERE hour IN arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)})
    AND period IN {periods:Array(String)}
    AND (
        (behaviour IN ('record', 'curate', 'bookmark', 'read') AND object != '')
        OR (
            reference != ''
            AND behaviour NOT IN ('ask', 'none')
            AND (verb IN ('http://adlnet.gov/expapi/verbs/answered', 'http://id.tincanapi.com/verb/replied') OR behaviour IN ('help', 'reinforce'))
            AND person != 0
        )
    )
