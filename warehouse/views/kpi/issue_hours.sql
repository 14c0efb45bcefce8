-- Median hours from opening to closing an issue, by the team of who closed it and the week.
-- identity: none (figures of teams)
CREATE OR REPLACE VIEW kpi.issue_hours DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    team,
    toMonday(day) AS week,
    quantileExact(0.5)(duration / 3600) AS hours,
    count() AS issues,
    uniqExact(person) AS people
FROM learning.events
WHERE verb = 'http://activitystrea.ms/close'
    AND object_type = 'http://activitystrea.ms/issue'
    AND duration > 0
    AND team != ''
GROUP BY team, week
