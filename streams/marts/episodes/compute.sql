INSERT INTO $staging
$begun
SETTINGS max_partitions_per_insert_block = 0
