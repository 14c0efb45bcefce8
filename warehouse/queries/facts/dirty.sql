INSERT INTO ops.dirty_hours (hour)
SELECT hour
FROM (SELECT DISTINCT toStartOfHour(time) AS hour FROM learning.recent_ids WHERE batch = {batch:UInt64})
