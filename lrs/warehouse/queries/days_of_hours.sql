-- The organisation's days that the hours from `first` to `last` touch.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT DISTINCT toString(day)
FROM
(
    SELECT toDate(hour, if(zone = '', 'UTC', zone)) AS day FROM (SELECT arrayJoin({hours:Array(DateTime)}) AS hour)
    UNION ALL
    SELECT toDate(hour + 3599, if(zone = '', 'UTC', zone)) AS day FROM (SELECT arrayJoin({hours:Array(DateTime)}) AS hour)
)
