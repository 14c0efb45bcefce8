-- In which later weeks was read what facts of these hours (seconds since 1970) ever wrote, or, up to eight weeks later,
-- opened.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS dirty,
    began AS
    (
        SELECT DISTINCT thing, hour, role, toMonday(toDate(hour, zone)) AS own
        FROM learning.thing_hour_rows
        WHERE thing IN (SELECT thing FROM learning.hour_thing_rows WHERE hour IN dirty)
            AND role IN ('written', 'opened')
            AND hour IN dirty
    )
SELECT toString(r.week) AS period, groupUniqArray(toUnixTimestamp(b.hour)) AS hours
FROM began AS b
INNER JOIN
(
    SELECT DISTINCT thing, toMonday(arrayJoin([toDate(hour, zone), toDate(hour + 3599, zone)])) AS week
    FROM learning.thing_hour_rows
    WHERE thing IN (SELECT thing FROM began) AND role = 'opened' AND hour >= arrayMin(dirty)
) AS r ON r.thing = b.thing
WHERE r.week >= b.own AND (b.role = 'written' OR toInt32(r.week) <= toInt32(b.own) + 8 * 7)
GROUP BY r.week
