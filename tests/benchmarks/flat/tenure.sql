SELECT week, tenure_band, round(events / people, 2) AS value
FROM viewer.tenure_weeks
WHERE week > least(toDate({from:DateTime}) - 7, toDate({until:DateTime}) - 12 * 7) AND tenure_band != 'unknown'
ORDER BY week, tenure_band
