-- What was refused and when, without what was sent: body, headers and reason are in vault.
-- identity: none (what was sent is left out)
CREATE OR REPLACE VIEW ops.rejected DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id, at, source, kind, path, length(body) AS body_bytes, replayed_at
FROM vault.rejected
