SELECT tool, argMax(share, week) AS least, argMax(known, week), argMax(people, week)
FROM viewer.accounts
GROUP BY tool
ORDER BY least, tool
