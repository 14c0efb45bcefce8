-- time (Monday), kind, flows: the weeks of the range; a week without any has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(f.kind = '', 'any', toString(f.kind)) AS kind,
    sum(f.flows) AS flows
FROM viewer.flows AS f
WHERE $weeks_of_range
GROUP BY week, kind
ORDER BY time, kind
