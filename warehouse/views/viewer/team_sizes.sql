-- How many people the teams that may be named have, from when until when, by the directory as released: who is in a
-- team, whatever they do. There is no size of 'Other' and no total, so none can be taken from another.
-- identity: none (counts of teams)
CREATE OR REPLACE VIEW viewer.team_sizes DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT team, from, until, size AS people
FROM released.team_sizes
WHERE size >= (SELECT minimum_group FROM viewer.settings)
