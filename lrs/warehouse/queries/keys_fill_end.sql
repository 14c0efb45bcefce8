-- The last id of the next piece of statements, in the order of ids; the least id there is at the end.
SELECT max(id) FROM (SELECT id FROM lrs.statement_rows WHERE id > {after:UUID} ORDER BY id LIMIT {size:UInt32})
