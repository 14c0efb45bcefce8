-- tool, team, days for which it is silent; 'All' first, 'Other' last, the tool that is silent longest first.
WITH
$coverage
SELECT
    tool,
    if(team = '', 'All', team) AS shown_team,
    toInt64(greatest(0, as_of - newest.1)) AS silent
FROM seen
ORDER BY max(if(team = '', silent, 0)) OVER (PARTITION BY tool) DESC, tool, team != '', team = 'Other', team
