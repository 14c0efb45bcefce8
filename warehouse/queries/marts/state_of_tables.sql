-- A digest of what each of these tables (`database.name`) holds, which every insert changes: of each partition the
-- largest number of a block that was ever inserted, and how many rows there are.
SELECT name, sipHash64(arraySort(groupArray((partition_id, block, rows))))
FROM
(
    SELECT concat(database, '.', table) AS name, partition_id, max(max_block_number) AS block, sum(rows) AS rows
    FROM system.parts
    WHERE active AND concat(database, '.', table) IN {tables:Array(String)}
    GROUP BY name, partition_id
)
GROUP BY name
