-- On which day (or in which week, as `grain` says) the minimum group of a team were seen in a tool; '' is of tools that
-- too few used. Never how much.
-- identity: none (what the minimum group shares)
CREATE OR REPLACE VIEW viewer.coverage DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tool, team, start, grain
FROM published.coverage_rows
