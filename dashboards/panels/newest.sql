-- The newest day with learning in it, and how many events there are at all.
SELECT max(day) AS day, sum(events) AS events FROM viewer.activity_days
