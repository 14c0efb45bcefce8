-- Which of these days had many events when they were last computed, and which keep their hours.
SELECT toString(day), sum(n) AS events, max(kept) AS hourly
FROM
(
    SELECT day, sum(activity_day_rows.events) AS n, 0 AS kept
    FROM learning.activity_day_rows
    WHERE day IN {periods:Array(Date)}
    GROUP BY day
    UNION ALL
    SELECT DISTINCT day, 0 AS n, 1 AS kept
    FROM learning.activity_hour_rows
    WHERE day IN {periods:Array(Date)}
)
GROUP BY day
