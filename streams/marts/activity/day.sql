-- A day's cells from those of its hours.
INSERT INTO $staging
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
WHERE day = toDate({period:String})
GROUP BY day, team, tenure_band, tool, behaviour, scaffold, resolved
