-- Statements and events as they are read; a count through FINAL reads its whole table.
SELECT 'statements' AS name, count() AS n FROM lrs.statements
UNION ALL SELECT 'learning events', count() FROM learning.events
