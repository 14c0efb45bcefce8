-- On which of these days an episode begins.
SELECT DISTINCT toString(day) AS period
FROM
(
$sure
)
WHERE period IN {periods:Array(String)}
