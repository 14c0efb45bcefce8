-- The same by topic; topic '' is of too few people, or none was said.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.question_topics DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, topic, outcome, events AS questions, people
FROM published.question_topic_rows
