-- Whether the warehouse answers at all.
SELECT 1
