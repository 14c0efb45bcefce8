-- Learning events and people by week and time in the organisation; 'unknown' holds bands of too few people too.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.tenure_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tenure_band, events, people
FROM published.tenure_rows
