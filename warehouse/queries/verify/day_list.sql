-- Every day that has facts or kept cells.
SELECT DISTINCT day
FROM
(
    SELECT day FROM learning.activity_day_rows
    UNION ALL
    SELECT day FROM learning.events
)
ORDER BY day
