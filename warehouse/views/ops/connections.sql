-- Each connection that there is: when its tool delivered last, and was last read to its end by the poller, of its
-- streams the one that is most behind; by how many seconds that is more than its usual rest; which streams could not be
-- read when they were tried last, by whichever run of the poller: one that has tried nothing yet says nothing of it; what
-- came of the last seven days, refusals by the class of their reason. A part tells all of its connections every minute,
-- so one that it tells no more is none of its any more.
-- identity: none (names of connections, times and counts)
CREATE OR REPLACE VIEW ops.connections DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    connection,
    any(connector) AS tool,
    max(named) AS platform,
    max(delivered) AS last_delivery,
    if(countIf(stream != '') = 0, NULL, max(read)) AS last_poll,
    if(countIf(stream != '') = 0, NULL, maxIf(late, stream != '')) AS behind_seconds,
    arraySort(groupArrayIf(toString(stream), unread)) AS failing,
    sum(accepted) AS accepted,
    sumMap(reasons) AS refusals,
    arraySum(mapValues(refusals)) AS refused
FROM
(
    SELECT
        connection,
        part,
        stream,
        argMax(r.connector, r.at) AS connector,
        argMax(r.platform, r.at) AS named,
        argMaxIf(r.failing, r.at, r.failing OR r.read IS NOT NULL) AS unread,
        max(r.at) AS told,
        max(told) OVER (PARTITION BY part) AS newest,
        max(r.delivered) AS delivered,
        max(r.read) AS read,
        greatest(0, date_diff('second', ifNull(read, min(r.began)), now64(3)) - argMax(r.every, r.at)) AS late,
        sumIf(r.accepted, r.day > today() - 7) AS accepted,
        sumMapIf(r.refused, r.day > today() - 7) AS reasons
    FROM (SELECT * FROM ops.connection_rows FINAL) AS r
    GROUP BY connection, part, stream
)
WHERE told > newest - INTERVAL 10 MINUTE
GROUP BY connection
