-- How many rows the table of statements has; known without reading it.
SELECT count() FROM lrs.statement_rows
