-- How many facts lie in some days of the organisation, or beside them.
SELECT count()
FROM learning.fact_rows
WHERE time >= toDateTime64(toDate32({first:Date}) - 1, 3, 'UTC') AND time < toDateTime64(toDate32({last:Date}) + 2, 3, 'UTC')
