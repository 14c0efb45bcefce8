-- One row: the events of each scaffold in the range.
WITH
$learning
SELECT
    sumIf(events, scaffold = 'discovery') AS discovery,
    sumIf(events, scaffold = 'practice') AS practice,
    sumIf(events, scaffold = 'sharing') AS sharing,
    sumIf(events, scaffold = 'reinforcement') AS reinforcement
FROM learning
HAVING count() > 0
