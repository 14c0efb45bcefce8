-- Views first: a table is dropped after what reads it.
SELECT name
FROM system.tables
WHERE database = 'verification'
ORDER BY engine = 'MaterializedView' DESC, name
