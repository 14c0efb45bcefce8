-- Every hour with facts. In another time zone it may lie in the day before or after: those too.
INSERT INTO ops.mark_rows (hour, mark, version, gone)
SELECT hour, generateUUIDv4() AS mark, 0, 0
FROM
(
    SELECT DISTINCT arrayJoin([found - INTERVAL 1 DAY, found, found + INTERVAL 1 DAY]) AS hour
    FROM (SELECT DISTINCT toStartOfHour(time) AS found FROM learning.fact_rows)
)
