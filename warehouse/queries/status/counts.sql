-- What can be counted at once, whatever the size: statements by their rows (one that was delivered again
-- counts twice until it is merged), events by their roll-ups.
SELECT 'statements' AS name, count() AS n FROM lrs.statement_rows
UNION ALL SELECT 'documents', count() FROM lrs.documents
UNION ALL SELECT 'learning events', sum(events) FROM learning.activity_day_rows
UNION ALL SELECT 'people', count() FROM directory.people
UNION ALL SELECT 'KPI observations', count() FROM kpi.observations
UNION ALL SELECT 'rejected', count() FROM ops.rejected
UNION ALL SELECT 'unresolved events', toUInt64(sum(events)) FROM ops.unresolved
