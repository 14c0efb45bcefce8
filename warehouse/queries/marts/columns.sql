-- The columns of a table in their order, and what each holds.
SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position
