-- An event of 1970 or before had up to 200 other days computed empty, and their marks were done. So every
-- hour with facts whose day has no cells is marked, and every day with cells at the ends of the calendar,
-- from where facts were moved (028_days.sql): the worker computes them anew.
INSERT INTO ops.mark_rows (hour, mark, version, gone)
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT hour, generateUUIDv4() AS mark, 0, 0
FROM
(
    SELECT DISTINCT toStartOfHour(time) AS hour, toDate(time, zone) AS day
    FROM learning.fact_rows
    WHERE gone = 0
)
WHERE day NOT IN (SELECT day FROM learning.activity_day_rows) OR day >= '2100-01-01' OR day < '1970-01-05';

-- Cells of 2100 stand while facts were moved away from there; noon in UTC lies in the day or at its end,
-- its midnight in the day or at its beginning, in every time zone.
INSERT INTO ops.mark_rows (hour, mark, version, gone)
SELECT hour, generateUUIDv4() AS mark, 0, 0
FROM
(
    SELECT DISTINCT arrayJoin([toDateTime(day, 'UTC'), toDateTime(day, 'UTC') + INTERVAL 12 HOUR]) AS hour
    FROM learning.activity_day_rows
    WHERE day >= '2099-12-31' AND day < '2106-01-01'
);

-- No fact stands on these days any more.
ALTER TABLE learning.activity_day_rows DELETE WHERE day < '1970-01-02' OR day > '2105-12-31'
SETTINGS mutations_sync = 2;

ALTER TABLE learning.activity_hour_rows DELETE WHERE day < '1970-01-02' OR day > '2105-12-31'
SETTINGS mutations_sync = 2;
