-- The same by time in the organisation; 'unknown' holds bands of too few people too.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.episode_tenures DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tenure_band, furthest, events AS episodes, people
FROM published.episode_tenure_rows
