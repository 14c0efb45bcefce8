-- The same by the teams from which and to which it went.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.flow_teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, from_team, to_team, events AS flows, people
FROM published.flow_team_rows
