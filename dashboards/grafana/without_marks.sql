SELECT $columns
FROM
(
$source
)
