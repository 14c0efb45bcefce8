-- Several figures from one reading of the range: a row is for the panel that it names. `totals` has the
-- events of each scaffold, `behaviours` every bucket of the range for every behaviour that occurred in
-- it, `teams_scaffolds` the scaffolds of each team, the most active first, `shares` what is not classified
-- (of the range) and what is of unknown accounts (of all events).
WITH
$learning,
    (SELECT sumIf(value, metric = 'events') FROM viewer.pipeline WHERE part = 'unresolved') AS nobodys,
    (SELECT sumIf(value, metric = 'events') FROM viewer.pipeline WHERE part = 'activity') AS everything
SELECT
    panel, discovery, practice, sharing, reinforcement,
    bucket AS time, shown_behaviour AS behaviour, counts[bucket] AS events, shown_team AS team,
    unclassified / nullIf(counted, 0) AS unclassified,
    nobodys / nullIf(everything, 0) AS unresolved
FROM
(
    SELECT
        multiIf(grouping(behaviour) = 0, ['behaviours'], grouping(team) = 0, ['teams_scaffolds'], ['totals', 'shares']) AS panels,
        behaviour AS shown_behaviour,
        team AS shown_team,
        sumIf(events, scaffold = 'discovery') AS discovery,
        sumIf(events, scaffold = 'practice') AS practice,
        sumIf(events, scaffold = 'sharing') AS sharing,
        sumIf(events, scaffold = 'reinforcement') AS reinforcement,
        sumIf(events, scaffold = 'none') AS unclassified,
        sum(events) AS counted,
        sumMap(map(time, events)) AS counts
    FROM learning
    GROUP BY GROUPING SETS ((behaviour), (team), ())
    HAVING count() > 0
)
ARRAY JOIN panels AS panel
ARRAY JOIN if(panel = 'behaviours', buckets, [toDateTime(0, 'UTC')]) AS bucket
WHERE panel != 'teams_scaffolds' OR discovery + practice + sharing + reinforcement > 0
ORDER BY panel, time, discovery + practice + sharing + reinforcement DESC, team, behaviour
