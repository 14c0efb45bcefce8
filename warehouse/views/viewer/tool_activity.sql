-- Learning events by tool, scaffold and day (`grain` 'week': on no single day enough people); tool '' is any.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.tool_activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, start, grain, scaffold, tool, events
FROM published.tool_rows
