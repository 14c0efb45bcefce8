-- Short ranges, straight from the facts. Filter on `hour` as well as on `minute`: `hour` is the key.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    hour,
    minute,
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    count() AS events,
    uniqExact(person) AS people
FROM learning.events
GROUP BY hour, minute, day, team, tenure_band, tool, behaviour, scaffold
