-- Hours that a mart has still to take in, in seconds since 1970.
SELECT DISTINCT hour
FROM ops.dirty_hours
WHERE mart IN ('', {mart:String})
    AND id NOT IN (SELECT dirty FROM ops.mart_positions WHERE mart = {mart:String})
