-- Every hour of these days of the organisation is to be computed again.
INSERT INTO ops.dirty_hours (hour)
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT hour
FROM
(
    SELECT DISTINCT toStartOfHour(toDateTime(day, zone) + INTERVAL number HOUR) AS hour
    FROM (SELECT arrayJoin({days:Array(Date)}) AS day) AS days
    CROSS JOIN (SELECT number FROM numbers(26)) AS hours
)
