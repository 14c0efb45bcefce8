-- time (Monday); at least so many people who shared, at most so many of them who did half of it; the same of helping: by
-- week, the range and at least its last 12 weeks.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 11 * 7) AS first_week
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    maxIf(toNullable(c.people), behaviour = '') AS sharers,
    maxIf(toNullable(c.carriers), behaviour = '') AS half_of_sharing,
    maxIf(toNullable(c.people), behaviour = 'help') AS helpers,
    maxIf(toNullable(c.carriers), behaviour = 'help') AS half_of_help
FROM viewer.carriers AS c
WHERE scaffold = 'sharing' AND week >= first_week AND week <= last_week
GROUP BY week
ORDER BY week
