-- Which load each of these dictionaries (`database.name`) holds, where that ended long enough ago that none can have
-- ended in the same second since.
SELECT concat(database, '.', name), toString((loading_start_time, last_successful_update_time, loading_duration))
FROM system.dictionaries
WHERE concat(database, '.', name) IN {names:Array(String)}
    AND last_successful_update_time > 0
    AND last_successful_update_time < now() - 2
