-- How often a team's changes come into production: deployments that brought at least one of them, by the
-- week of the deployment. One of DORA's four keys. A change came with the first successful deployment or release
-- at its place (repository) when it had been merged; one that no person of the directory made, and that brought no
-- team's change, is of the team to which its place belongs (owners.csv). Weeks without any have no figure.
-- unit: deployments a week
-- direction: up
-- grain: week
SELECT team, toMonday(day) AS period, uniqExact(deployment) AS value, count() AS n, uniqExactIf(person, person != 0) AS people
FROM work.delivered
GROUP BY team, period
