-- What became of what was asked in a week: how soon somebody answered (`outcome`: hour, day, week, later, open; ''
-- where too few people stand behind one), how many questions, and how many people asked them.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.questions DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, outcome, events AS questions, people
FROM published.question_rows
