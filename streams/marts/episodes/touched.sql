-- On which days begin the episodes whose steps facts of these hours (seconds since 1970) may be: a week of hours ends
-- on the eighth day after at the latest, whatever clocks do. Date32, as a Date counts round at its ends.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT toString(day) AS period, groupUniqArray(hour) AS hours
FROM
(
    SELECT
        hour,
        toDate32(arrayJoin([toDate(toDateTime(hour, 'UTC'), zone), toDate(toDateTime(hour + 3599, 'UTC'), zone)])) AS own,
        arrayJoin(range($first, 9)) AS before,
        own - before AS day
    FROM (SELECT arrayJoin({hours:Array(UInt32)}) AS hour)
)
WHERE day >= toDate32('1970-01-01')
GROUP BY period
