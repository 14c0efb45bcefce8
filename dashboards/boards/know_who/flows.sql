-- time (Monday), kind, flows: the weeks of the range; a week without any has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(f.kind = '', 'any', toString(f.kind)) AS kind,
    sum(f.flows) AS flows
FROM viewer.flows AS f
WHERE week >= toMonday(toDate({from:DateTime}, zone)) AND week <= toDate({until:DateTime} - 1, zone)
GROUP BY week, kind
ORDER BY time, kind
