-- Rollouts as they were declared (`headwater rollout add`): since which day a team has what was rolled out.
-- identity: none (names of teams)
CREATE OR REPLACE VIEW kpi.rollouts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT rollout, team, start, what, at
FROM kpi.rollout_rows FINAL
WHERE removed = 0
