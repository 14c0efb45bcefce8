-- What was refused.
SELECT * FROM ops.rejected ORDER BY ALL
