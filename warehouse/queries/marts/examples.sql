-- Rows of a table by their digests (marts/differing).
SELECT toString(tupleElement(_partition_value, 1)) AS period, $columns
FROM $table
WHERE _partition_id IN {parts:Array(String)} AND cityHash64(toString(tuple($columns))) IN {rows:Array(UInt64)}
LIMIT 6
