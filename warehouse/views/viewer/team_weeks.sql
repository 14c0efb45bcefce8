-- The team-week panel of teams that are large enough.
-- identity: none (figures of teams; people from the minimum group up)
CREATE OR REPLACE VIEW viewer.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    week,
    team,
    behaviour,
    scaffold,
    events,
    if(team_weeks.people >= k, team_weeks.people, NULL) AS people,
    kpi,
    unit,
    direction,
    value,
    n
FROM kpi.team_weeks
WHERE dictGetOrDefault('directory.team_size', 'size', team, toDate32(week + 6), toUInt32(0)) >= k
