-- The tables of passes over derived KPIs, whosever they are.
SELECT name FROM system.tables WHERE database = 'kpi' AND startsWith(name, {prefix:String})
