-- Pairs of teams in the weeks of the range, the largest flow first.
WITH {zone:String} AS zone
SELECT
    from_team,
    to_team,
    sum(f.flows) AS flows,
    round(100 * flows / sum(sum(f.flows)) OVER (PARTITION BY from_team)) AS given,
    round(100 * flows / sum(sum(f.flows)) OVER (PARTITION BY to_team)) AS got
FROM viewer.flow_teams AS f
WHERE $weeks_of_range
GROUP BY from_team, to_team
ORDER BY from_team = 'Other' AND to_team = 'Other', flows DESC, from_team, to_team
LIMIT 100
