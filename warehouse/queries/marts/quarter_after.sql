-- The weeks up to twelve after those of hours (seconds since 1970) that have facts, each with those of the hours. A week
-- that has none is nobody's, and one that had some is dirty by its own hours.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT toString(w.week) AS period, groupUniqArray(d.hour) AS hours
FROM
(
    SELECT hour, toMonday(toDate(toDateTime(hour, 'UTC'), zone)) AS own
    FROM (SELECT arrayJoin({hours:Array(UInt32)}) AS hour)
) AS d
CROSS JOIN
(
    SELECT DISTINCT toMonday(toDate(time, zone)) AS week
    FROM learning.fact_rows
    WHERE time >= toDateTime64(arrayMin({hours:Array(UInt32)}), 3, 'UTC')
        AND toInt64(toUnixTimestamp(time)) < toInt64(arrayMax({hours:Array(UInt32)})) + 14 * 7 * 86400
) AS w
WHERE w.week > d.own AND toInt32(w.week) <= toInt32(d.own) + 12 * 7
GROUP BY w.week
