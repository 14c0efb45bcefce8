-- The same by topic; topic '' is of too few people, or none was said.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.content_topics DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, topic, state, events AS readings, people
FROM published.content_topic_rows
