SELECT 'statements' AS name, count() AS n FROM lrs.statements
UNION ALL SELECT 'documents', count() FROM lrs.documents
UNION ALL SELECT 'learning events', count() FROM learning.events
UNION ALL SELECT 'people', count() FROM directory.people
UNION ALL SELECT 'KPI observations', count() FROM kpi.observations
UNION ALL SELECT 'rejected', count() FROM ops.rejected
UNION ALL SELECT 'unresolved events', toUInt64(sum(events)) FROM ops.unresolved
