-- Events and people by day. People are shown from the minimum group up; below it the number is null and the
-- events stay.
-- identity: none (counts; people from the minimum group up)
CREATE OR REPLACE VIEW viewer.activity_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT day, shown AS team, tool, behaviour, scaffold, events, people
FROM
(
    WITH
        (SELECT minimum_group FROM viewer.settings) AS k,
        (SELECT people FROM ops.others) AS others
    SELECT
        day,
        if(team != '' AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k, team, 'Other') AS shown,
        tool,
        behaviour,
        scaffold,
        sum(activity_day_rows.events) AS events,
        if(uniqExactMerge(activity_day_rows.people) >= k, uniqExactMerge(activity_day_rows.people), NULL) AS people
    FROM learning.activity_day_rows
    WHERE shown != 'Other' OR others >= k
    GROUP BY day, shown, tool, behaviour, scaffold
)
