-- time (Monday), how far, needs: the weeks of the range; a week without any has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(e.furthest = '', 'any', toString(e.furthest)) AS furthest,
    sum(e.episodes) AS episodes
FROM viewer.episodes AS e
WHERE week >= toMonday(toDate({from:DateTime}, zone)) AND week <= toDate({until:DateTime} - 1, zone)
GROUP BY week, furthest
ORDER BY time, furthest
