-- What each person did for learning in each week (its Monday), and on how many days. Team and tenure are those of the
-- last of these days. `behaviours` has events by behaviour.
-- identity: pseudonym (person)
CREATE OR REPLACE VIEW learning.person_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toMonday(d.day) AS week,
    d.person AS person,
    max(d.resolved) AS resolved,
    argMax(d.team, d.day) AS team,
    argMax(d.tenure_band, d.day) AS tenure_band,
    count() AS days_active,
    sum(d.events) AS events,
    sum(d.discovery) AS discovery,
    sum(d.practice) AS practice,
    sum(d.sharing) AS sharing,
    sum(d.reinforcement) AS reinforcement,
    sum(d.formal) AS formal,
    sumMap(d.behaviours) AS behaviours
FROM learning.person_day_rows AS d
GROUP BY week, person
