-- time (Monday), people reached by scaffold and by any of them: distinct persons, by week, the range
-- and at least its last 12 weeks. Groups under the minimum are not there.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 11 * 7) AS first_week
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    maxIf(toNullable(people), scaffold = '') AS anything,
    maxIf(toNullable(people), scaffold = 'discovery') AS discovery,
    maxIf(toNullable(people), scaffold = 'practice') AS practice,
    maxIf(toNullable(people), scaffold = 'sharing') AS sharing,
    maxIf(toNullable(people), scaffold = 'reinforcement') AS reinforcement
FROM viewer.people_weeks
WHERE week >= first_week AND week <= last_week AND team = {team:String}
GROUP BY week
ORDER BY week
