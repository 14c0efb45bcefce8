-- Tables and views of the pipeline, each with the views that follow it.
SELECT
    database,
    name,
    engine,
    engine_full,
    sorting_key,
    create_table_query,
    as_select,
    arrayMap((d, t) -> concat(d, '.', t), dependencies_database, dependencies_table) AS followers
FROM system.tables
WHERE database IN ('lrs', 'vault', 'ops', 'learning')
