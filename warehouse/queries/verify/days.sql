-- Days of the organisation whose kept cells are not those that the facts give, as the mart activity
-- computes them; with what the facts give and what is kept.
SELECT
    day,
    sum(events) AS should,
    sum(kept) AS stands,
    countIf(events != kept OR people != kept_people) AS cells
FROM
(
    SELECT
        day,
        sum(e) AS events,
        sum(p) AS people,
        sum(k) AS kept,
        sum(kp) AS kept_people
    FROM
    (
        SELECT day, team, tenure_band, tool, behaviour, scaffold, resolved, count() AS e, uniqExact(person) AS p, 0 AS k, 0 AS kp
        FROM learning.events
        WHERE time >= toDateTime64({first:Date32}, 3, 'UTC') - INTERVAL 1 DAY
            AND time < toDateTime64({last:Date32}, 3, 'UTC') + INTERVAL 2 DAY
            AND day BETWEEN {first:Date32} AND {last:Date32}
        GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
        UNION ALL
        SELECT day, team, tenure_band, tool, behaviour, scaffold, resolved, 0 AS e, 0 AS p, sum(activity_day_rows.events) AS k, uniqExactMerge(activity_day_rows.people) AS kp
        FROM learning.activity_day_rows
        WHERE day BETWEEN {first:Date32} AND {last:Date32}
        GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
    )
    GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
)
GROUP BY day
HAVING cells > 0
ORDER BY day
