-- When a rollout began, what it is called, and of which teams.
SELECT
    toTimeZone(toDateTime(start, ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC')), 'UTC') AS time,
    rollout AS title,
    concat(rollout, ': ', arrayStringConcat(teams, ', '), if(what = '', '', concat(' (', what, ')'))) AS text
FROM viewer.rollouts
ORDER BY time
