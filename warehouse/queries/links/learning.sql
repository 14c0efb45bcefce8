-- Events of learning by team, week and behaviour, of teams of at least the minimum group in that week. A week of
-- such a team in which nobody did a behaviour is there with none; a week before the first event is not.
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    cells.team AS team,
    cells.week AS week,
    groupArrayIf((events.behaviour, events.events), events.behaviour != '') AS learned
FROM
(
    SELECT teams.team AS team, weeks.week AS week
    FROM (SELECT DISTINCT team FROM viewer.kpi_weeks) AS teams
    CROSS JOIN
    (
        SELECT DISTINCT week
        FROM learning.activity_weeks
        WHERE week <= {until:Date32} AND ({since:Date32} = toDate32('1970-01-01') OR week >= {since:Date32})
    ) AS weeks
    WHERE dictGetOrDefault('released.team_size', 'size', teams.team, toDate32(weeks.week + 6), toUInt32(0)) >= k
) AS cells
LEFT JOIN
(
    SELECT team, week, behaviour, sum(activity_weeks.events) AS events
    FROM learning.activity_weeks AS activity_weeks
    GROUP BY team, week, behaviour
) AS events ON events.team = cells.team AND events.week = cells.week
GROUP BY team, week
ORDER BY team, week
