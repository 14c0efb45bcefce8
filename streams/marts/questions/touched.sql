-- On which days was asked what facts of these hours (seconds since 1970) ever asked or answered: an answer changes
-- its question's row, and an asking takes answers from the one before it.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS dirty
SELECT toString(arrayJoin([toDate(asked.hour, zone), toDate(asked.hour + 3599, zone)])) AS period, groupUniqArray(toUnixTimestamp(about.hour)) AS hours
FROM
(
    SELECT DISTINCT hour, thing
    FROM learning.thing_hour_rows
    WHERE role IN ('asked', 'refers') AND hour IN dirty AND thing IN (SELECT thing FROM learning.hour_thing_rows WHERE hour IN dirty)
) AS about
INNER JOIN
(
    SELECT DISTINCT thing, hour
    FROM learning.thing_hour_rows
    WHERE role = 'asked' AND thing IN (SELECT thing FROM learning.hour_thing_rows WHERE hour IN dirty)
) AS asked ON asked.thing = about.thing
GROUP BY period
