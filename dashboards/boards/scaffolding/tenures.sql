-- How far needs went by time in the organisation.
WITH {zone:String} AS zone
SELECT
    tenure_band AS tenure,
    $shares_of_needs
FROM viewer.episode_tenures AS e
WHERE $weeks_of_range
GROUP BY tenure
ORDER BY indexOf(['0-3 months', '3-12 months', '1-3 years', '3+ years', 'unknown'], toString(tenure))
