-- time (Monday), learning events a person by tenure: by week, the range and at least its last 12 weeks.
-- The whole organisation; bands under the minimum group are not there.
WITH
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} - 1, zone)) AS last_week,
    least(toMonday(toDate({from:DateTime}, zone)), last_week - 11 * 7) AS first_week
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    maxIf(toNullable(round(events / people, 2)), tenure_band = '0-3 months') AS `0-3 months`,
    maxIf(toNullable(round(events / people, 2)), tenure_band = '3-12 months') AS `3-12 months`,
    maxIf(toNullable(round(events / people, 2)), tenure_band = '1-3 years') AS `1-3 years`,
    maxIf(toNullable(round(events / people, 2)), tenure_band = '3+ years') AS `3+ years`
FROM viewer.tenure_weeks
WHERE week >= first_week AND week <= last_week AND tenure_band != 'unknown'
GROUP BY week
ORDER BY week
