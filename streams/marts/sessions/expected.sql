-- Which of these periods have sessions: those in whose day before somebody does something after a gap.
WITH
    (SELECT session_gap * 60 FROM viewer.settings) AS gap,
    arrayDistinct(arrayFlatten(arrayMap(p -> [p - 2, p - 1], {periods:Array(Date32)}))) AS days
SELECT DISTINCT toString(toDate32(day) + 1) AS period
FROM
(
    SELECT
        day,
        lagInFrame(toNullable(time), 1, NULL) OVER (PARTITION BY person ORDER BY time ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before,
        before IS NULL OR dateDiff('millisecond', assumeNotNull(before), time) > gap * 1000 AS first
    FROM learning.events
    WHERE time >= toDateTime64(arrayMin({periods:Array(Date32)}) - 3, 3, 'UTC')
        AND time < toDateTime64(arrayMax({periods:Array(Date32)}) + 1, 3, 'UTC')
        AND toDate32(day) IN days
        AND scaffold != 'none'
)
WHERE first AND period IN {periods:Array(String)}
