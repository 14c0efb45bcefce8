INSERT INTO ops.mark_rows (hour, mark, version, gone)
SELECT DISTINCT toStartOfHour(time) AS hour, generateUUIDv4() AS mark, 0, 0
FROM learning.fact_rows
