-- Median hours from the merge of a change to production, by the team of who opened it and the week in which it came there.
-- The deployment's part of a change's lead time. A change came with the first successful deployment or release at its
-- place when it had been merged.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    team,
    toMonday(deployed_day) AS period,
    quantileExact(0.5)(dateDiff('second', merged, deployed) / 3600) AS value,
    count() AS n,
    uniqExactIf(person, person != 0) AS people
FROM work.deliveries
WHERE deployed IS NOT NULL AND team != ''
GROUP BY team, period
