-- Of the deployments that brought a team's changes, or are its own (as `deployments_a_week` has them), those after which
-- an incident began at the same place (repository or service) before the next deployment. One of DORA's four keys.
-- Incidents that another tool tells of another place are not found.
-- unit: %
-- direction: down
-- grain: week
SELECT
    team,
    toMonday(day) AS period,
    100 * uniqExactIf(deployment, failed) / uniqExact(deployment) AS value,
    uniqExact(deployment) AS n,
    uniqExactIf(person, person != 0) AS people
FROM work.delivered
GROUP BY team, period
