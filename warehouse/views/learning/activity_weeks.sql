-- Events and people by week (its Monday), from the roll-up.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.activity_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toMonday(day) AS week,
    team,
    behaviour,
    scaffold,
    sum(events) AS events,
    uniqExactMerge(people) AS people
FROM learning.activity_day_rows
GROUP BY week, team, behaviour, scaffold
