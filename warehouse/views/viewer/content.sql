-- What is read, by week and state (streams/marts/published_content): orphaned, stale, rising, kept or unseen; '' is of too
-- few people.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.content DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, state, events AS readings, people
FROM published.content_rows
