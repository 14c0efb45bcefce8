-- Which of these days surely have flows.
SELECT DISTINCT period
FROM
(
$sure
)
