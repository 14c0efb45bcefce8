-- Hours with facts of or for some accounts.
INSERT INTO ops.dirty_hours (hour)
SELECT DISTINCT toStartOfHour(time) AS hour
FROM learning.fact_rows
WHERE account IN {accounts:Array(UInt64)} OR counterpart IN {accounts:Array(UInt64)}
