-- Every hour with facts, for the mart of that name ('': every one). In another time zone it may have lain up to two
-- days before or after, as zones are up to 26 hours apart: those too.
INSERT INTO ops.dirty_hours (hour, mart)
SELECT hour, {mart:String}
FROM
(
    SELECT DISTINCT arrayJoin([
        if(found < toDateTime(2 * 86400, 'UTC'), toDateTime(0, 'UTC'), found - INTERVAL 2 DAY),
        found - INTERVAL 1 DAY,
        found,
        found + INTERVAL 1 DAY,
        found + INTERVAL 2 DAY
    ]) AS hour
    FROM (SELECT DISTINCT toStartOfHour(time) AS found FROM learning.fact_rows)
)
