-- Whether history is being counted anew, how much of it is done, and until when it will go on, in words too: because somebody replays
-- it (`headwater replay`), or because a rule of the house, the time zone, the directory or a mart's definition changed
-- (dirty hours that are older than two days when they became dirty, three days of them or more). One row while it is so.
-- Times are the marts' pace so far, carried on.
-- identity: none (counts and times)
CREATE OR REPLACE VIEW viewer.history DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    why,
    done,
    total,
    began,
    until,
    concat(
        if(why = 'replay', 'History is being replayed: ', 'History is being counted anew: '),
        toString(intDiv(100 * done, greatest(total, 1))), '% is done',
        if(done = 0, '', concat(', the rest until about ', formatDateTime(until, '%Y-%m-%d %H:%i', zone))), '.') AS told
FROM
(
    SELECT 'replay' AS why, toUInt64(r.done) AS done, toUInt64(r.periods) AS total, r.began AS began, r.until AS until
    FROM ops.replays AS r
    WHERE r.state = 'begun' AND r.at > now64(3) - INTERVAL 5 MINUTE
    ORDER BY began DESC
    LIMIT 1
    UNION ALL
    SELECT
        'change' AS why,
        toUInt64(countIf(NOT waits)) AS done,
        toUInt64(count()) AS total,
        minIf(d.at, waits) AS began,
        addMilliseconds(now64(3, 'UTC'), toInt64(dateDiff('millisecond', began, now64(3, 'UTC')) * (total - done) / greatest(done, 1))) AS until
    FROM
    (
        SELECT
            o.hour AS hour,
            o.at AS at,
            (m.mart, o.id) NOT IN (SELECT mart, dirty FROM ops.mart_positions) AS waits
        FROM ops.dirty_hours AS o
        CROSS JOIN (SELECT mart FROM ops.mart_rows FINAL WHERE gone = 0) AS m
        WHERE (o.mart = '' OR o.mart = m.mart) AND o.hour < o.at - INTERVAL 2 DAY
    ) AS d
    HAVING uniqExactIf(d.hour, waits) >= 72
)
ORDER BY why DESC
LIMIT 1
