-- What was learned lately, by teams large enough to hide in; nobody is named.
-- identity: none (nobody is named)
CREATE OR REPLACE VIEW viewer.latest DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    hour,
    time,
    behaviour,
    scaffold,
    tool,
    team,
    topic
FROM learning.events
WHERE team != ''
    AND behaviour != 'unclassified'
    AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k
