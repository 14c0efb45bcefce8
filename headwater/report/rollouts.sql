-- What was rolled out up to a day, the newest first, with those of its teams that may be named.
SELECT rollout, start, teams, what
FROM viewer.rollouts
WHERE start <= {until:Date}
ORDER BY start DESC, rollout
