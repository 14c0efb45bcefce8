-- Different people with learning events by week, down to a multiple of the minimum group; team and scaffold ''
-- are any. People are never summed.
-- identity: none (multiples of the minimum group)
CREATE OR REPLACE VIEW viewer.people_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, team, scaffold, people
FROM published.people_rows
