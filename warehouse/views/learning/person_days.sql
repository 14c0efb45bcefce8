-- What each person did for learning on each day. `behaviours` has events by behaviour, `counterparts` the accounts
-- of those whom the events were for or about.
-- identity: pseudonym (person and counterparts)
CREATE OR REPLACE VIEW learning.person_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    person,
    resolved,
    team,
    tenure_band,
    events,
    discovery,
    practice,
    sharing,
    reinforcement,
    formal,
    behaviours,
    counterparts
FROM learning.person_day_rows
