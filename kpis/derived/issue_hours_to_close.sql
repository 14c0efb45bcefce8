-- Median hours from opening to closing an issue, by the team of who closed it and the week.
-- unit: hours
-- direction: down
-- grain: week
SELECT team, week AS period, hours AS value, issues AS n, people
FROM kpi.issue_hours
