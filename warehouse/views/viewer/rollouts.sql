-- Rollouts (`kpi.rollouts`) by the day on which they began, with those of their teams that may be named; one in none of
-- these is not here.
-- identity: none (names of teams)
CREATE OR REPLACE VIEW viewer.rollouts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    rollout,
    start,
    argMax(declared.what, declared.at) AS what,
    arraySort(groupArray(declared.team)) AS teams
FROM kpi.rollouts AS declared
WHERE declared.team IN (SELECT team FROM viewer.teams)
GROUP BY rollout, start
