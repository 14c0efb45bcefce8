-- On which days was asked what facts of these hours (seconds since 1970) ever asked or answered: an answer changes its
-- question's row, and an asking takes answers from the one before it. Both are the last asking before that hour which
-- stands; where none stands in the last hour in which the thing was ever asked before, each earlier one may be it. So a
-- thing that was asked again and again touches no more days as history grows.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    arrayMap(second -> toDateTime(second, 'UTC'), {hours:Array(UInt32)}) AS dirty,
    asked_before AS
    (
        SELECT about.hour AS hour, about.thing AS thing, asked.hour AS earlier
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
            WHERE role = 'asked' AND hour < arrayMax(dirty) AND thing IN (SELECT thing FROM learning.hour_thing_rows WHERE hour IN dirty)
        ) AS asked ON asked.thing = about.thing
        WHERE asked.hour < about.hour
    ),
    last AS (SELECT hour, thing, max(earlier) AS latest FROM asked_before GROUP BY hour, thing),
    standing AS
    (
        SELECT DISTINCT hour, cityHash64(link) AS thing
        FROM
        (
            SELECT toStartOfHour(time) AS hour, arrayJoin([object, concat('urn:uuid:', toString(id))]) AS link
            FROM learning.fact_rows FINAL
            WHERE behaviour = 'ask' AND toStartOfHour(time) IN (SELECT latest FROM last)
        )
        WHERE link != ''
    )
SELECT toString(arrayJoin([toDate(earlier, zone), toDate(earlier + 3599, zone)])) AS period, groupUniqArray(toUnixTimestamp(hour)) AS hours
FROM
(
    SELECT b.hour AS hour, b.earlier AS earlier
    FROM asked_before AS b
    INNER JOIN last AS l ON l.hour = b.hour AND l.thing = b.thing
    WHERE b.earlier = l.latest OR (l.latest, l.thing) NOT IN (SELECT hour, thing FROM standing)
)
GROUP BY period
