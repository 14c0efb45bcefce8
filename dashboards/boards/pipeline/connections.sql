-- How each connection stands, and what share of its tool's accounts is known; what cannot be read first, then what is
-- late.
SELECT
    toString(connection) AS connection,
    c.tool AS tool,
    multiIf(
        failing != '', 'failing',
        last_delivery IS NULL AND last_poll IS NULL, 'silent',
        ifNull(behind_seconds, 0) > 60, 'behind',
        refused > 0, 'refusing',
        'working') AS state,
    last_delivery,
    toDateTime(last_poll, 'UTC') AS last_poll,
    toInt64(round(behind_seconds)) AS behind,
    failing,
    known_share,
    refused,
    reasons
FROM viewer.connections AS c
LEFT JOIN
(
    SELECT tool, argMax(toNullable(share), week) AS known_share
    FROM viewer.accounts
    GROUP BY tool
) AS a ON a.tool = c.platform
ORDER BY failing = '', ifNull(behind_seconds, 0) > 60 DESC, connection
