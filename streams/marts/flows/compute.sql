INSERT INTO $staging
$arrived
SETTINGS max_partitions_per_insert_block = 0
