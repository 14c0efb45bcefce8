-- Tables beside these tables (`database.name`) that a replay fills and swaps from, whosever they are.
SELECT database, name
FROM system.tables
WHERE arrayExists(t -> startsWith(concat(database, '.', name), concat(t, '_replay_')) OR startsWith(concat(database, '.', name), concat(t, '_staging_replay')), {tables:Array(String)})
