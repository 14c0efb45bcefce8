INSERT INTO ops.mark_rows (hour, mark, at, version, gone)
SELECT hour, mark, at, 1, 1
FROM ops.mark_rows FINAL
WHERE mark IN (SELECT mark FROM ops.mark_rows) AND mark IN {marks:Array(UUID)}
