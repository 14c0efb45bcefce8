-- On which days, up to 90 later, arrived what facts of these hours (seconds since 1970) ever began: a writing, sharing
-- or asking is what a later event is traced to, and an answer what a later acceptance tells once more. Both sides are
-- put into spans of 100 days, the begun also into the next, so that all of history at once is no more work a day.
WITH
    90 AS reach,
    100 AS span,
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS dirty,
    began AS
    (
        SELECT DISTINCT
            thing,
            if(role IN ('written', 'shared'), 'opened', 'refers') AS next,
            hour,
            toDate32(toDate(hour, zone)) AS day,
            intDiv(toInt32(day), span) + arrayJoin([0, 1]) AS within
        FROM learning.thing_hour_rows
        WHERE thing IN (SELECT thing FROM learning.hour_thing_rows WHERE hour IN dirty)
            AND role IN ('asked', 'refers', 'written', 'shared')
            AND hour IN dirty
    )
SELECT toString(arrived.period) AS period, groupUniqArray(toUnixTimestamp(began.hour)) AS hours
FROM began
INNER JOIN
(
    SELECT DISTINCT
        thing,
        role,
        toDate32(arrayJoin([toDate(hour, zone), toDate(hour + 3599, zone)])) AS period,
        intDiv(toInt32(period), span) AS within
    FROM learning.thing_hour_rows
    WHERE thing IN (SELECT thing FROM began)
        AND role IN ('opened', 'refers')
        AND hour >= arrayMin(dirty)
        AND toDate32(hour) <= toDate32(arrayMax(dirty)) + reach + 1
) AS arrived ON arrived.thing = began.thing AND arrived.role = began.next AND arrived.within = began.within
WHERE arrived.period BETWEEN began.day AND began.day + reach + 2
GROUP BY arrived.period
