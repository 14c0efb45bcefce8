-- The periods of which these tables (`database.name`) have cells: a mart's table is partitioned by a period's first day.
SELECT DISTINCT concat(database, '.', table) AS name, partition
FROM system.parts
WHERE active AND rows > 0 AND name IN {tables:Array(String)}
