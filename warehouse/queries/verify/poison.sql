-- Where the lines of the copies stand that are no statements.
SELECT toString(position) FROM verification.poison
