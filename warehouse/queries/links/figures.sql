-- The KPIs' weekly figures that may be shown, of weeks that are over.
SELECT kpi, unit, direction, team, week, value
FROM viewer.kpi_weeks
WHERE week <= {until:Date32} AND ({since:Date32} = toDate32('1970-01-01') OR week >= {since:Date32})
ORDER BY kpi, team, week
