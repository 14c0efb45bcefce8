-- Pairs of teams in the weeks of the range: a team's most frequent answerers first, the most asking team first.
WITH {zone:String} AS zone
SELECT
    team,
    answering_team,
    sum(t.questions) AS questions,
    round(100 * questions / sum(sum(t.questions)) OVER (PARTITION BY team)) AS share
FROM viewer.question_teams AS t
WHERE $weeks_of_range
GROUP BY team, answering_team
ORDER BY sum(sum(t.questions)) OVER (PARTITION BY team) DESC, team, answering_team = '', questions DESC, answering_team
LIMIT 100
