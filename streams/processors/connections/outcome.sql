-- What parts told of connections.
SELECT
    connection, connector, part, stream, run, day, began, at, delivered, read, every, accepted, toString(refused),
    failing, platform
FROM ops.connection_rows FINAL
ORDER BY ALL
