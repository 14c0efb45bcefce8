-- time (Monday), how far, needs: the weeks of the range; a week without any has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(e.furthest = '', 'any', toString(e.furthest)) AS furthest,
    sum(e.episodes) AS episodes
FROM viewer.episodes AS e
WHERE $weeks_of_range
GROUP BY week, furthest
ORDER BY time, furthest
