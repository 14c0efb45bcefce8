-- Learning events by team, scaffold and day (`grain` 'week': on no single day enough people). 'Other' holds small
-- teams, accounts that nobody is known for, and what too few people of a team did in a week.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.team_activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, start, grain, scaffold, team, events
FROM published.team_rows
