-- What was rolled out, by team.
SELECT rollout, team, start, what
FROM kpi.rollouts
ORDER BY rollout, start, team
