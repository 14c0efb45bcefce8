-- How many statements there are to look at, about.
SELECT count() FROM lrs.statement_rows
