SELECT
    week,
    maxIf(people, scaffold = '') AS anything,
    maxIf(people, scaffold = 'discovery') AS discovery,
    maxIf(people, scaffold = 'practice') AS practice,
    maxIf(people, scaffold = 'sharing') AS sharing,
    maxIf(people, scaffold = 'reinforcement') AS reinforcement
FROM viewer.people_weeks
WHERE team = '' AND week > least(toDate({from:DateTime}) - 7, toDate({until:DateTime}) - 12 * 7)
GROUP BY week
ORDER BY week
