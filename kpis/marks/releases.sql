-- Releases by week and place (host and repository), for charts. Behind a release are who published it and whose merged
-- changes came with it. A place has a name where the minimum group is behind its releases of the week; all others of the
-- week are taken together (''), and are shown where that many are behind them. So each sum and each difference of what is
-- shown rests on the minimum group.
-- unit: mark
-- direction: up
-- grain: week
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    if(length(behind) >= k, concat(host, ' ', place), '') AS team,
    week AS period,
    toFloat64(uniqExactArray(releases)) AS value,
    uniqExactArray(releases) AS n,
    uniqExactArray(behind) AS people
FROM
(
    SELECT host, place, week, groupUniqArray(item) AS releases, groupUniqArrayIf(person, person != 0) AS behind
    FROM
    (
        SELECT item, host, place, toMonday(day) AS week, person
        FROM work.deployments
        WHERE deployed_to = 'release'
        UNION ALL
        SELECT d.item AS item, d.host AS host, d.place AS place, toMonday(d.day) AS week, c.person AS person
        FROM work.deployments AS d
        INNER JOIN (SELECT deployment, person FROM work.deliveries) AS c ON c.deployment = d.item
        WHERE d.deployed_to = 'release'
    )
    GROUP BY host, place, week
)
GROUP BY team, period
