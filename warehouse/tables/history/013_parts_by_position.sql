-- A part holds what was inserted together, and merges keep neighbours together: so parts reach over
-- spans of time that hardly overlap. With the span of each part beside it, the texts of a page are
-- looked up in the parts that reach there, not in all of them (statements_between.sql).
ALTER TABLE lrs.statement_rows ADD INDEX reach position TYPE minmax GRANULARITY 1000000;

ALTER TABLE lrs.statement_rows MATERIALIZE INDEX reach;
