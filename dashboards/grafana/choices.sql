SELECT $variable
FROM
(
$source
)
