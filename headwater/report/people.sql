-- week, different people with learning events, down to a multiple of the minimum group.
SELECT week, people
FROM viewer.people_weeks
WHERE team = '' AND scaffold = '' AND week >= {first:Date} AND week <= {last:Date}
ORDER BY week
