-- The organisation's days that these hours (seconds since 1970, within the bounds of xapi/days.py) touch,
-- newest first, each with its hours among them; how many events it had when it was last computed;
-- whether its hours are kept.
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    toDate32(toDateTime(arrayMin({hours:Array(UInt32)}), 'UTC')) - 1 AS first,
    toDate32(toDateTime(arrayMax({hours:Array(UInt32)}), 'UTC')) + 1 AS last
SELECT
    toString(day),
    groupArray(hour),
    day IN (SELECT DISTINCT day FROM learning.activity_hour_rows WHERE day BETWEEN first AND last) AS hourly,
    any(before.events) AS events
FROM
(
    SELECT DISTINCT hour, arrayJoin([toDate(toDateTime(hour, 'UTC'), zone), toDate(toDateTime(hour + 3599, 'UTC'), zone)]) AS day
    FROM (SELECT arrayJoin({hours:Array(UInt32)}) AS hour)
) AS touched
LEFT JOIN
(
    SELECT day, sum(activity_day_rows.events) AS events
    FROM learning.activity_day_rows
    WHERE day BETWEEN first AND last
    GROUP BY day
) AS before USING day
GROUP BY day
ORDER BY day DESC
