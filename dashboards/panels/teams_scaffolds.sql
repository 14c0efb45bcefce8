-- team and a column a scaffold: events in the range, the most active team first.
WITH
$learning
SELECT
    team,
    sumIf(events, scaffold = 'discovery') AS discovery,
    sumIf(events, scaffold = 'practice') AS practice,
    sumIf(events, scaffold = 'sharing') AS sharing,
    sumIf(events, scaffold = 'reinforcement') AS reinforcement
FROM learning
WHERE scaffold IN ('discovery', 'practice', 'sharing', 'reinforcement')
GROUP BY team
ORDER BY discovery + practice + sharing + reinforcement DESC, team
