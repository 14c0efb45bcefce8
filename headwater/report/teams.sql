-- team, scaffold ('' is any), learning events, people times weeks, weeks: of the weeks in which so many people did it
-- that it is told of the team, and the team is large enough to be named.
SELECT
    t.team AS team,
    t.scaffold AS scaffold,
    sum(t.events) AS events,
    sum(s.people) AS person_weeks,
    count() AS weeks
FROM
(
    SELECT week, team, arrayJoin([toString(a.scaffold), '']) AS scaffold, sum(a.events) AS events
    FROM viewer.team_activity AS a
    WHERE team != 'Other' AND week >= {first:Date} AND week <= {last:Date}
    GROUP BY week, team, scaffold
) AS t
INNER JOIN viewer.team_sizes AS s ON s.team = t.team
WHERE toDate32(t.week + 6) BETWEEN s.from AND s.until
GROUP BY team, scaffold
ORDER BY team, scaffold
