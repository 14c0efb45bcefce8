-- time (Monday), what of a week's events is not classified, and what is of accounts that nobody is known for, in percent:
-- the range and at least its last 12 weeks.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 11 * 7) AS first_week
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    unclassified,
    unresolved
FROM viewer.quality
WHERE week >= first_week AND week <= last_week
ORDER BY week
