-- How far needs of a week went: `furthest` is nothing, found, applied or shared, `kind` ask or search; '' is of too few
-- people.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.episodes DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, furthest, kind, events AS episodes, people
FROM published.episode_rows
