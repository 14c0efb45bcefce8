-- Median hours from opening a change to production, by the team of who opened it and the week in which it came
-- there. One of DORA's four keys, from the opening on: how long it was written before, no tool tells.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    team,
    toMonday(deployed_day) AS period,
    quantileExact(0.5)(dateDiff('second', opened, deployed) / 3600) AS value,
    count() AS n,
    uniqExactIf(person, person != 0) AS people
FROM work.deliveries
WHERE deployed IS NOT NULL AND opened IS NOT NULL AND team != ''
GROUP BY team, period
