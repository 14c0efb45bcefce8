-- Learning events a head of each team that may be named in the last full week, by scaffold, and how much more that is
-- than in the mean of the four weeks before: of the scaffolds that are told of it in all five weeks.
WITH
$last_full_week,
    heads AS
    (
        SELECT t.week AS week, t.team AS team, toString(t.scaffold) AS scaffold, t.events AS events, s.people AS people
        FROM
        (
            SELECT week, team, scaffold, sum(events) AS events
            FROM viewer.team_activity
            WHERE team != 'Other' AND week >= first_week AND week <= last_week
            GROUP BY week, team, scaffold
        ) AS t
        INNER JOIN viewer.team_sizes AS s ON s.team = t.team
        WHERE toDate32(t.week + 6) BETWEEN s.from AND s.until
    ),
    always AS (SELECT team, scaffold FROM heads GROUP BY team, scaffold HAVING uniqExact(week) = 5)
SELECT
    team,
    maxIf(h.people, week = last_week) AS people,
    round(sumOrNullIf(h.events / h.people, week = last_week AND scaffold = 'discovery'), 1) AS discovery,
    round(sumOrNullIf(h.events / h.people, week = last_week AND scaffold = 'practice'), 1) AS practice,
    round(sumOrNullIf(h.events / h.people, week = last_week AND scaffold = 'sharing'), 1) AS sharing,
    round(sumOrNullIf(h.events / h.people, week = last_week AND scaffold = 'reinforcement'), 1) AS reinforcement,
    round(sumIf(h.events / h.people, week = last_week), 1) AS anything,
    round(100 * (
        sumIf(h.events / h.people, week = last_week AND (team, scaffold) IN (SELECT team, scaffold FROM always))
        / nullIf(sumIf(h.events / h.people, week < last_week AND (team, scaffold) IN (SELECT team, scaffold FROM always)) / 4, 0) - 1)) AS more
FROM heads AS h
GROUP BY team
HAVING anything > 0
ORDER BY anything DESC, team
