-- Events by minute, by teams that may be named.
-- identity: none (counts by team and minute)
CREATE OR REPLACE VIEW viewer.activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT hour, minute, day, shown AS team, tool, behaviour, scaffold, events
FROM
(
    WITH
        (SELECT minimum_group FROM viewer.settings) AS k,
        (SELECT people FROM ops.others) AS others
    SELECT
        hour,
        minute,
        day,
        if(team != '' AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k, team, 'Other') AS shown,
        tool,
        behaviour,
        scaffold,
        count() AS events
    FROM learning.events
    WHERE shown != 'Other' OR others >= k
    GROUP BY hour, minute, day, shown, tool, behaviour, scaffold
)
