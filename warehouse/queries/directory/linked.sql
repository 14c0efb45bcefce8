-- Identifiers of accounts that somebody linked to a person by hand.
SELECT identifier
FROM (SELECT account, any(identifier) AS identifier FROM vault.account_rows GROUP BY account)
WHERE account IN (SELECT account FROM directory.links WHERE rule = 'hand' AND notEmpty(targets))
