-- Questions by the team that asked and the team that answered first; `answering_team` '' is none, or too few people.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.question_teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, team, answering_team, events AS questions, people
FROM published.question_team_rows
