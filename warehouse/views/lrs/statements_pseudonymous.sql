-- Statements as an analyst may read them: a pseudonym for the actor, no raw, no person as object.
-- identity: pseudonym (account)
CREATE OR REPLACE VIEW lrs.statements_pseudonymous DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    stored,
    timestamp,
    dictGetOrDefault('vault.account_pseudonym', 'account', actor, toUInt64(0)) AS account,
    verb,
    if(object_type IN ('Activity', 'StatementRef'), object, '') AS object,
    object_type,
    activity_type,
    registration,
    platform,
    source
FROM lrs.statements
