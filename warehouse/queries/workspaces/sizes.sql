SELECT d.name AS database, t.n AS tables, p.bytes AS bytes
FROM system.databases AS d
LEFT JOIN
(
    SELECT database, count() AS n FROM system.tables WHERE startsWith(database, 'workspace_') GROUP BY database
) AS t ON t.database = d.name
LEFT JOIN
(
    SELECT database, sum(bytes_on_disk) AS bytes FROM system.parts WHERE startsWith(database, 'workspace_')
    GROUP BY database
) AS p ON p.database = d.name
WHERE startsWith(d.name, 'workspace_')
ORDER BY database
