-- How each connection stands; what is late first.
SELECT
    toString(connection) AS connection,
    tool,
    multiIf(
        last_delivery IS NULL AND last_poll IS NULL, 'silent',
        ifNull(behind_seconds, 0) > 60, 'behind',
        refused > 0, 'refusing',
        'working') AS state,
    last_delivery,
    toDateTime(last_poll, 'UTC') AS last_poll,
    toInt64(round(behind_seconds)) AS behind,
    refused,
    reasons
FROM viewer.connections
ORDER BY ifNull(behind_seconds, 0) > 60 DESC, connection
