SELECT $columns
FROM
(
$source
)
WHERE panel = '$panel'
