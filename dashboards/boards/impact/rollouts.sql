-- What was rolled out, the newest first.
SELECT rollout, toString(start) AS since, arrayStringConcat(teams, ', ') AS teams, what
FROM viewer.rollouts
ORDER BY start DESC, rollout
