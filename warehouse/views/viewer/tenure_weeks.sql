-- By tenure, for the whole organisation: a band counts only while enough people stand behind it.
-- identity: none (counts from the minimum group up)
CREATE OR REPLACE VIEW viewer.tenure_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    toMonday(day) AS week,
    tenure_band,
    scaffold,
    sum(activity_day_rows.events) AS events,
    uniqExactMerge(activity_day_rows.people) AS people
FROM learning.activity_day_rows
GROUP BY week, tenure_band, scaffold
HAVING people >= k
