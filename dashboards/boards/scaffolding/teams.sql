-- How far the needs of each team went, those of most needs first, 'Other' last.
WITH {zone:String} AS zone
SELECT
    team,
    $shares_of_needs
FROM viewer.episode_teams AS e
WHERE $weeks_of_range
GROUP BY team
ORDER BY team = 'Other', needs DESC, team
LIMIT 50
