-- Who takes up a behaviour and comes back to it: by behaviour and by the week (its Monday) in which people did it
-- first, how many these are, and how many of them did it again in the first, second, fourth and eighth week after
-- that one. NULL where that week is not over yet. People whose account nobody is known for count by account.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.retention DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT time_zone FROM viewer.settings), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS zone,
    toMonday(toDate(now(), zone)) AS this_week
SELECT
    behaviour,
    weeks[1] AS cohort,
    count() AS people,
    if(cohort + 7 < this_week, countIf(has(weeks, cohort + 7)), NULL) AS week_1,
    if(cohort + 14 < this_week, countIf(has(weeks, cohort + 14)), NULL) AS week_2,
    if(cohort + 28 < this_week, countIf(has(weeks, cohort + 28)), NULL) AS week_4,
    if(cohort + 56 < this_week, countIf(has(weeks, cohort + 56)), NULL) AS week_8
FROM
(
    SELECT arrayJoin(mapKeys(behaviours)) AS behaviour, person, arraySort(groupUniqArray(toMonday(day))) AS weeks
    FROM learning.person_day_rows
    GROUP BY behaviour, person
)
GROUP BY behaviour, cohort
