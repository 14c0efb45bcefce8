-- Dirty hours that a mart has still to take in, newest first, each with when it was written and how many seconds ago.
-- Which those are goes by each row, not by time.
SELECT toString(id), hour, at, dateDiff('millisecond', at, now64(3)) / 1000
FROM ops.dirty_hours
WHERE mart IN ('', {mart:String})
    AND id NOT IN (SELECT dirty FROM ops.mart_positions WHERE mart = {mart:String})
ORDER BY hour DESC
LIMIT {most:UInt32}
