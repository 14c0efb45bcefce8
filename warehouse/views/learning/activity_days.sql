-- Events and people by day, from the roll-up.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.activity_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    resolved,
    sum(events) AS events,
    uniqExactMerge(people) AS people
FROM learning.activity_day_rows
GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
