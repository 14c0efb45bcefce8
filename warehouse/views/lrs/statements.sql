-- Every accepted statement, once: of those with one id the first in position.
-- identity: personal (the actor, and the statement whole)
CREATE OR REPLACE VIEW lrs.statements DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    stored,
    timestamp,
    actor,
    actor_type,
    verb,
    object,
    object_type,
    activity_type,
    registration,
    platform,
    source,
    position,
    raw
FROM lrs.statement_rows FINAL
