-- Whose accounts are known, by tool, in the newest week of each that enough people had; the least known first.
SELECT
    tool,
    argMax(share, week) AS known_share,
    argMax(known, week) AS known_people,
    argMax(people, week) AS all_people
FROM viewer.accounts
GROUP BY tool
ORDER BY known_share, tool
LIMIT 50
