-- Several figures from one reading of the range: a row is for the panel that it names. `totals` has the
-- events of each scaffold, `behaviours` every step of the range for every behaviour that occurred in it,
-- `teams_scaffolds` the scaffolds of each team, the most active first, `shares` what has no place in a step
-- of the range, and what of the range's weeks is not classified and of unknown accounts.
WITH
$learning,
    (
        SELECT (avg(unclassified) / 100, avg(unresolved) / 100)
        FROM viewer.quality
        WHERE week >= toMonday(first_day) AND week <= last_day
    ) AS quality
SELECT
    panel, discovery, practice, sharing, reinforcement,
    bucket AS time, shown_behaviour AS behaviour, counts[bucket] AS events, shown_team AS team,
    longer / nullIf(counted, 0) AS longer,
    quality.1 AS unclassified,
    quality.2 AS unresolved
FROM
(
    SELECT
        of,
        shown_behaviour,
        shown_team,
        sumIf(events, scaffold = 'discovery') AS discovery,
        sumIf(events, scaffold = 'practice') AS practice,
        sumIf(events, scaffold = 'sharing') AS sharing,
        sumIf(events, scaffold = 'reinforcement') AS reinforcement,
        sum(events) AS counted,
        sumIf(events, NOT placed) AS longer,
        sumMapIf(map(time, events), placed) AS counts
    FROM
    (
        -- The whole organisation is counted by behaviour, once; a chosen team as that team.
        SELECT
            arrayJoin(arrayConcat(
                if(team = '' OR {team:String} != '', ['behaviours', 'totals'], []),
                if(team != '', ['teams_scaffolds'], []))) AS of,
            -- A team has scaffolds only; so has what too few people did of a behaviour.
            if(of = 'behaviours', multiIf(behaviour != '', behaviour, scaffold != '', scaffold, 'any'), '') AS shown_behaviour,
            if(of = 'teams_scaffolds', team, '') AS shown_team,
            scaffold, time, placed, events
        FROM learning
    )
    GROUP BY of, shown_behaviour, shown_team
)
ARRAY JOIN if(of = 'totals', ['totals', 'shares'], [of]) AS panel
ARRAY JOIN if(panel = 'behaviours', buckets, [toDateTime(0, 'UTC')]) AS bucket
WHERE panel != 'teams_scaffolds' OR discovery + practice + sharing + reinforcement > 0
ORDER BY panel, time, discovery + practice + sharing + reinforcement DESC, team, behaviour
