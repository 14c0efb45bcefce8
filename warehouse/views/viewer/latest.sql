-- What the minimum group or more did in a quarter of an hour (or the hour, day, week that `grain` says) that began
-- at `start`: behaviour and tool, and team and topic where so many share them. Never an event, never how many.
-- identity: none (what the minimum group shares)
CREATE OR REPLACE VIEW viewer.latest DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT start, grain, scaffold, behaviour, tool, team, topic
FROM published.latest_rows
