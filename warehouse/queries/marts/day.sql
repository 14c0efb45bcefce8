-- A day's cells from those of its hours.
INSERT INTO learning.$staging
SELECT
    day,
    team,
    tenure_band,
    tool,
    behaviour,
    scaffold,
    resolved,
    sum(activity_hour_rows.events) AS events,
    uniqExactMergeState(activity_hour_rows.people) AS people
FROM learning.activity_hour_rows
WHERE day = toDate({day:String})
GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
