-- The first day that anything can be shown of; 1970-01-01 while there is none.
SELECT min(week) AS first FROM viewer.activity
