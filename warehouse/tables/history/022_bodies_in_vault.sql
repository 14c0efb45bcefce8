-- What was refused may name people: its body, its headers, and the reason too, which quotes what was
-- sent. So the rows live in vault, and what others read of them has neither. The rows move with the
-- table; nothing is copied.
RENAME TABLE IF EXISTS ops.rejected_rows TO vault.rejected_rows;

-- Everything that was refused, whole.
CREATE OR REPLACE VIEW vault.rejected DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    r.id AS id,
    r.at AS at,
    source,
    kind,
    reason,
    path,
    body,
    encoding,
    headers,
    if(p.at = toDateTime64(0, 3, 'UTC'), NULL, p.at) AS replayed_at
FROM (SELECT * FROM vault.rejected_rows FINAL) AS r
LEFT JOIN (SELECT * FROM ops.replayed_rows FINAL) AS p ON p.id = r.id;

-- What was refused and when, without what was sent: body, headers and reason are in vault.
CREATE OR REPLACE VIEW ops.rejected DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id, at, source, kind, path, length(body) AS body_bytes, replayed_at
FROM vault.rejected;

-- What each part last said of itself, with the text of its last error, which may quote what it met.
CREATE OR REPLACE VIEW vault.beats DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, text, at FROM ops.beat_rows FINAL;

-- What each part last said of itself: lag_ms, records, errors (last_error is 1 while there is one).
CREATE OR REPLACE VIEW ops.beats DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, at FROM ops.beat_rows FINAL;

CREATE OR REPLACE VIEW viewer.pipeline DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, at FROM ops.beats
UNION ALL
SELECT 'rejected' AS part, 'count' AS metric, toFloat64(count()) AS value, max(at) AS at FROM ops.rejected
UNION ALL
SELECT 'unresolved' AS part, 'accounts' AS metric, toFloat64(uniqExactMerge(people)) AS value, now64(3) AS at FROM learning.activity_day_rows WHERE resolved = 0
UNION ALL
SELECT 'unresolved' AS part, 'events' AS metric, toFloat64(sum(events)) AS value, now64(3) AS at FROM ops.unresolved
UNION ALL
SELECT 'activity' AS part, 'events' AS metric, toFloat64(sum(activity_day_rows.events)) AS value, now64(3) AS at FROM learning.activity_day_rows;
