INSERT INTO $staging
$asked
SETTINGS max_partitions_per_insert_block = 0
