-- Which periods of a table were swapped in last by which swap: the largest number of a block that it was ever given, and
-- whether it has rows. A swap numbers its blocks anew, a merge does not.
SELECT partition, max(max_block_number) AS block, countIf(active AND rows > 0) > 0 AS filled
FROM system.parts
WHERE database = {database:String} AND table = {table:String} AND partition IN {periods:Array(String)}
GROUP BY partition
