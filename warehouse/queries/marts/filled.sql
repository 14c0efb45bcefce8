-- The periods of which a staging table has cells: a mart's table is partitioned by a period's first day.
SELECT DISTINCT toString(tupleElement(_partition_value, 1)) FROM $database.$staging
