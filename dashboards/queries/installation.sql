-- What the installation chose.
SELECT time_zone, minimum_group, synthetic FROM viewer.settings
