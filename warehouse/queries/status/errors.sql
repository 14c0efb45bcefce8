-- Reads that failed on what is stored: which part of which table, when last, and how often. The engine
-- remembers one error a kind, since it was started; a part that is there no more has been dealt with.
WITH
    extract(last_error_message, '/([0-9a-f]{8}-[0-9a-f-]{27})/') AS identifier,
    extract(last_error_message, '/[0-9a-f]{8}-[0-9a-f-]{27}/([^/]+)/') AS part
SELECT t.database, t.name, e.part, toUnixTimestamp(e.at), e.times, e.message
FROM
(
    SELECT
        toUUIDOrZero(identifier) AS identifier,
        part,
        last_error_time AS at,
        value AS times,
        last_error_message AS message
    FROM system.errors
    WHERE last_error_message LIKE '%/store/%'
) AS e
INNER JOIN system.tables AS t ON t.uuid = e.identifier
INNER JOIN system.parts AS p ON p.database = t.database AND p.table = t.name AND p.name = e.part
WHERE p.active AND t.database IN ('lrs', 'learning', 'directory', 'kpi', 'ops', 'vault', 'work')
