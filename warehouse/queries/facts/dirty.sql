INSERT INTO ops.mark_rows (hour, mark, version, gone)
SELECT hour, generateUUIDv4() AS mark, 0, 0
FROM (SELECT DISTINCT toStartOfHour(time) AS hour FROM learning.recent_ids WHERE batch = {batch:UInt64})
