-- time (Monday), state, readings: the weeks of the range; a week in which nobody read has no row.
WITH {zone:String} AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    if(c.state = '', 'any', toString(c.state)) AS state,
    sum(c.readings) AS readings
FROM viewer.content AS c
WHERE $weeks_of_range
GROUP BY week, state
ORDER BY time, state
