-- Staging tables of these tables (`database.name`), whosever they are, and how many rows each has; those of before
-- marts had one each too.
SELECT database, name, total_rows
FROM system.tables
WHERE arrayExists(t -> startsWith(concat(database, '.', name), concat(t, '_staging_')), {tables:Array(String)})
    OR (database = 'learning' AND startsWith(name, 'activity_staging_'))
