SELECT u.name, q.max_written_bytes
FROM system.users AS u
LEFT JOIN system.quota_limits AS q ON q.quota_name = u.name
WHERE startsWith(u.name, 'analyst_')
ORDER BY u.name
