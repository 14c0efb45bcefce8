-- Whose pseudonyms are kept; the events are on learning.events.
SELECT account, identifier FROM vault.account_rows FINAL ORDER BY ALL
