-- A digest of the definitions of these objects, as they are there.
SELECT hex(sipHash128(arraySort(groupArray((database, name, create_table_query)))))
FROM system.tables
WHERE concat(database, '.', name) IN {names:Array(String)}
