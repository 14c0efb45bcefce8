-- Parts of tables that the engine could not read when it started, and set aside.
SELECT database, table, name, reason, toUnixTimestamp(modification_time)
FROM system.detached_parts
WHERE (startsWith(reason, 'broken') OR startsWith(reason, 'unexpected'))
    AND database IN ('lrs', 'learning', 'directory', 'kpi', 'ops', 'vault', 'work')
ORDER BY database, table, name
