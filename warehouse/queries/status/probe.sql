-- The first row of each part of a table, every column: a cheap read that a broken part fails.
SELECT sum(ignore(*)) FROM $database.$table WHERE _part_offset = 0
