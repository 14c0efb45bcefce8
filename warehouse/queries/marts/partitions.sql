-- The periods of which a mart's table has rows.
SELECT DISTINCT partition
FROM system.parts
WHERE active AND rows > 0 AND database = {database:String} AND table = {table:String}
