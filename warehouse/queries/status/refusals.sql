-- Refusals of the last ten minutes, and of a usual ten minutes of the day before them; when the newest
-- run of them began, and the door by which most came.
SELECT
    countIf(at >= now() - INTERVAL 10 MINUTE) AS lately,
    countIf(at < now() - INTERVAL 10 MINUTE) / 144 AS usually,
    toUnixTimestamp(minIf(at, at >= now() - INTERVAL 10 MINUTE)) AS since,
    topKIf(1)(source, at >= now() - INTERVAL 10 MINUTE)[1] AS most
FROM ops.rejected
WHERE at >= now() - INTERVAL 1 DAY
