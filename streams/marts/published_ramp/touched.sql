-- The months, by the Mondays of weeks, of the week of each of these hours (seconds since 1970) and of the 13 after it that
-- have facts: who helped once has helped by each of these.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT toString(toStartOfMonth(w.week)) AS period, groupUniqArray(d.hour) AS hours
FROM
(
    SELECT hour, toMonday(arrayJoin([toDate(toDateTime(hour, 'UTC'), zone), toDate(toDateTime(hour + 3599, 'UTC'), zone)])) AS own
    FROM (SELECT arrayJoin({hours:Array(UInt32)}) AS hour)
) AS d
CROSS JOIN
(
    SELECT DISTINCT toMonday(toDate(time, zone)) AS week
    FROM learning.fact_rows
    WHERE time >= toDateTime64(arrayMin({hours:Array(UInt32)}), 3, 'UTC')
        AND toInt64(toUnixTimestamp(time)) < toInt64(arrayMax({hours:Array(UInt32)})) + 15 * 7 * 86400
    UNION DISTINCT
    SELECT toMonday(toDate(toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC'), zone)) AS week
) AS w
WHERE w.week >= d.own AND toInt32(w.week) <= toInt32(d.own) + 13 * 7
GROUP BY period
