-- Everything that was refused, whole.
-- identity: personal (what was sent, whole)
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
LEFT JOIN (SELECT * FROM ops.replayed_rows FINAL) AS p ON p.id = r.id
