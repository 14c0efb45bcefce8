-- The teams that may be named.
-- identity: none (names of teams)
CREATE OR REPLACE VIEW viewer.teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT team
FROM released.team_sizes
WHERE size >= (SELECT minimum_group FROM viewer.settings)
