-- The same by team.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.episode_teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, team, furthest, events AS episodes, people
FROM published.episode_team_rows
