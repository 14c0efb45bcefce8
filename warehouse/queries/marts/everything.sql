-- Every hour with facts, for the mart of that name ('': every one). In another time zone it may lie in the day
-- before or after: those too.
INSERT INTO ops.dirty_hours (hour, mart)
SELECT hour, {mart:String}
FROM
(
    SELECT DISTINCT arrayJoin([found - INTERVAL 1 DAY, found, found + INTERVAL 1 DAY]) AS hour
    FROM (SELECT DISTINCT toStartOfHour(time) AS found FROM learning.fact_rows)
)
