SELECT displayName(), version(), revision(), timezone()
SELECT currentUser(), timezone(), version(), getSetting('max_threads') FORMAT RowBinaryWithNamesAndTypes
SELECT version()
SELECT timezone(), serverTimezone(), currentDatabase()
SELECT database(), user(), schema()
SELECT currentUser(), currentRoles()
SELECT name, value, readonly FROM system.settings LIMIT 10000
SELECT name, value, changed, description, type FROM system.settings WHERE changed = 1
SELECT name FROM system.databases ORDER BY name
SELECT name AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM system.databases WHERE name LIKE '%' ORDER BY name
SELECT name FROM system.tables WHERE database = 'viewer' ORDER BY name
SELECT database, name, engine, comment FROM system.tables WHERE database NOT IN ('system')
SELECT t.database AS TABLE_SCHEM, t.name AS TABLE_NAME, CASE WHEN t.engine LIKE '%Log' THEN 'LOG TABLE' WHEN t.engine IN ('View', 'MaterializedView') THEN 'VIEW' WHEN t.is_temporary = 1 THEN 'TEMPORARY TABLE' ELSE 'TABLE' END AS TABLE_TYPE FROM system.tables AS t WHERE t.database LIKE '%' ORDER BY t.database, t.name
SELECT database, table, name, type, default_kind, default_expression, comment, position, numeric_precision FROM system.columns WHERE database LIKE 'viewer' AND table LIKE 'teams' ORDER BY position
SELECT name, is_in_primary_key FROM system.columns WHERE database = 'viewer' AND is_in_primary_key
SELECT engine_full FROM system.tables WHERE database = 'viewer' AND name = 'teams'
SELECT name FROM system.table_engines
SELECT name, is_aggregate FROM system.functions
SELECT name FROM system.data_type_families
SELECT name FROM system.table_functions
SELECT name, is_input, is_output FROM system.formats
SELECT count() FROM system.keywords
SELECT name, type, comment FROM system.columns WHERE database = currentDatabase() AND table = 'x'
SELECT catalog_name, schema_name FROM information_schema.schemata
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'viewer'
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'viewer'
SHOW TABLES
SHOW TABLES FROM viewer
SHOW TABLES FROM viewer LIKE 't%' LIMIT 5
SHOW TABLES FROM viewer WHERE name NOT LIKE 'x%'
SHOW FULL TABLES FROM viewer
SHOW DATABASES
SHOW DATABASES LIKE 'v%'
SHOW COLUMNS FROM teams FROM viewer
SHOW FUNCTIONS LIKE 'to%'
SHOW CREATE TABLE viewer.settings
DESCRIBE TABLE viewer.teams
DESCRIBE TABLE (SELECT a FROM viewer.teams)
EXISTS TABLE viewer.teams
EXPLAIN SELECT a FROM viewer.teams
EXPLAIN indexes = 1 SELECT a FROM viewer.teams
EXPLAIN SYNTAX SELECT a FROM viewer.teams
SELECT * FROM (SELECT a FROM viewer.teams LIMIT 100) AS SUBQUERY WHERE 1 = 0
SELECT * FROM viewer.teams AS t0 LIMIT 0
SELECT t0.a AS a, count(*) AS "CountStar()" FROM viewer.teams AS t0 GROUP BY 1 ORDER BY 2 DESC
SELECT toStartOfInterval(toDateTime(a), INTERVAL 60 second) AS time, avg(a) AS v FROM viewer.teams WHERE toDateTime(a) >= toDateTime(0) AND toDateTime(a) <= toDateTime(1793185200) GROUP BY time ORDER BY time ASC
SELECT (intDiv(toUInt32(toDateTime(a)), 60) * 60) * 1000 AS t, groupArray((a, a)) AS groupArr FROM viewer.teams GROUP BY t ORDER BY t
SELECT a, lagInFrame(a) OVER (ORDER BY a), row_number() OVER (ORDER BY a) FROM viewer.teams SETTINGS allow_experimental_analyzer = 1
WITH x AS (SELECT a FROM viewer.teams), y AS (SELECT a + 1 AS b FROM x) SELECT * FROM y
SELECT * EXCEPT (a), COLUMNS('a') APPLY(toString), * APPLY(x -> x + 1) FROM viewer.teams
SELECT CAST(a AS Nullable(Decimal(10, 2))), [a]::Array(UInt8) FROM viewer.teams
SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, multiIf(a = 1, 'x', 'y'), if(a, 1, 2) FROM viewer.teams
SELECT uniqExact(a), quantile(0.95)(a), sumIf(a, a > 0), count(DISTINCT a), argMax(a, a) FROM viewer.teams
SELECT JSONExtractString('{"a": 1}', 'a'), extract('abc', 'b'), splitByChar(',', 'a,b')[1], arrayJoin([1, 2])
SELECT a FROM viewer.teams ORDER BY a LIMIT 1 BY a
SELECT a FROM viewer.teams ORDER BY a LIMIT 3 WITH TIES
SELECT a FROM viewer.teams ORDER BY a WITH FILL FROM 0 TO 3
SELECT a, sum(a) FROM viewer.teams GROUP BY a WITH ROLLUP HAVING sum(a) > 0
SELECT a FROM viewer.teams WHERE a IN (SELECT a FROM viewer.teams) AND a BETWEEN 0 AND 9 AND a IS NOT NULL
SELECT l.a FROM viewer.teams AS l LEFT JOIN viewer.teams AS r ON l.a = r.a AND l.a >= r.a
SELECT l.a FROM viewer.teams AS l ASOF JOIN viewer.teams AS r ON l.a = r.a AND l.a >= r.a WHERE 0
SELECT formatReadableSize(1), toTypeName(1), version(), uptime() > 0, rowNumberInAllBlocks()
SELECT map('a', 1)['a'], tuple(1, 'x').1, [1, 2][1], -1, NOT 1, 1 ? 2 : 3, 'a' || 'b', xor(1 = 1, 0)
SELECT date_trunc('day', now()), toStartOfWeek(now()), dateDiff('day', now(), now()), now() - INTERVAL 1 DAY
SELECT 1 AS `a b`, 2 AS "c`d", 'it''s' AS s, 'x\n' AS n
SELECT 1 FORMAT JSONCompact
