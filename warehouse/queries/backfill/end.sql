-- The last id of the next piece of statements from before, in the order of ids; the least id at the end.
SELECT max(id) FROM (SELECT id FROM lrs.statement_rows_before WHERE id > {after:UUID} ORDER BY id LIMIT {size:UInt32})
