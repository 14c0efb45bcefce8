SELECT name FROM system.tables WHERE database = 'learning' AND startsWith(name, 'activity_staging_')
