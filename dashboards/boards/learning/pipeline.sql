-- One row: how far behind the pipeline is, when the processors last said so, what it counted, what it
-- could not place. The lag is null where no event came for a quarter of a minute.
SELECT
    maxIf(toNullable(value) / 1000, part = 'activity' AND metric = 'lag_ms_p95' AND at > now() - 15) AS lag,
    if(
        countIf(part = 'activity' AND metric = 'facts') = 0,
        NULL,
        greatest(0, date_diff('millisecond', maxIf(toDateTime64(at, 3), part = 'activity' AND metric = 'facts'), now64(3)) / 1000)) AS silence,
    maxIf(toNullable(value), part = 'recorded' AND metric = 'lag_records' AND at > now() - 15) AS waiting,
    sumIf(value, part = 'activity' AND metric = 'facts') AS events,
    sumIf(value, part = 'rejected' AND metric = 'count') AS rejected,
    sumIf(value, part = 'unresolved' AND metric = 'events') AS unresolved,
    sumIf(value, part = 'unresolved' AND metric = 'accounts') AS accounts
FROM viewer.pipeline
