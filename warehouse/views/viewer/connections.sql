-- How each connection stands. A delivery's time is told to the quarter of an hour, for of a small team it would say
-- when somebody worked; how much came of whom is not told, since a connection may be one person's.
-- identity: none (names of connections, times and counts of refusals)
CREATE OR REPLACE VIEW viewer.connections DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    connection,
    tool,
    platform,
    toStartOfFifteenMinutes(last_delivery) AS last_delivery,
    last_poll,
    behind_seconds,
    arrayStringConcat(failing, ', ') AS failing,
    refused,
    arrayStringConcat(
        arrayMap((reason, count) -> concat(reason, ' ', toString(count)), mapKeys(refusals), mapValues(refusals)),
        ', ') AS reasons
FROM ops.connections
