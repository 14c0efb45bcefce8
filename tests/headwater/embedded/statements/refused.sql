SELECT 1 AS a, COLUMNS('a') APPLY(x -> (SELECT count() FROM system.processes))
SELECT 1 AS a, COLUMNS('a') APPLY(x -> (SELECT any(query) FROM system.processes))
SELECT 1 AS a, COLUMNS('a') APPLY x -> (SELECT any(query) FROM system.processes)
SELECT 1 AS a, COLUMNS(a) APPLY(x -> (SELECT value FROM system.server_settings LIMIT 1))
SELECT * APPLY(x -> (SELECT any(trace) FROM system.stack_trace)) FROM viewer.teams
SELECT t.* APPLY(x -> (SELECT any(path) FROM system.disks)) FROM viewer.teams AS t
SELECT * EXCEPT (b) APPLY(x -> (SELECT any(path) FROM system.disks)) FROM viewer.teams
SELECT t.COLUMNS('a') APPLY(x -> (SELECT any(path) FROM system.parts)) FROM viewer.teams AS t
SELECT 1 AS a, COLUMNS('a') APPLY(x -> (x IN (system.processes)))
SELECT 1 AS a, COLUMNS('a') APPLY(x -> file('/etc/passwd'))
SELECT 1 AS a, COLUMNS('a') APPLY(x -> getServerSetting('path'))
SELECT 1 AS a, COLUMNS('a') APPLY(x -> serverUUID())
SELECT '/etc/passwd' AS a, COLUMNS('a') APPLY(file)
SELECT '/etc/passwd' AS a, COLUMNS('a') APPLY file
SELECT 'path' AS a, COLUMNS('a') APPLY(getServerSetting)
SELECT 1 AS a, COLUMNS('a') APPLY(x -> (WITH y AS (SELECT 1) SELECT count() FROM y))
SELECT 1 AS a, * REPLACE((SELECT any(query) FROM system.processes) AS a) FROM viewer.teams
WITH (x -> (SELECT any(query) FROM system.processes)) AS f SELECT f(1)
SELECT arrayMap(x -> (SELECT any(query) FROM system.processes), [1])
SELECT 1 AS `a\n SelectQuery`, COLUMNS('a') APPLY(x -> (SELECT count() FROM system.processes))
SELECT 1 AS "a\n  SelectQuery", COLUMNS('a') APPLY(x -> (SELECT count() FROM system.disks))
SELECT 1 AS `a\nSelectQuery`
SELECT 1 SETTINGS max_threads = 1, `a\n Set` = 1
SHOW TABLES WHERE name IN (SELECT query FROM system.processes)
SHOW TABLES FROM viewer WHERE (SELECT count() FROM system.processes) > 0
SHOW TABLES FROM viewer WHERE name = 'teams' AND ignore(file('/etc/passwd')) = 0
SHOW TABLES FROM viewer WHERE throwIf(length(file('/etc/passwd')) > 0)
SHOW TABLES WHERE throwIf((SELECT count() FROM system.processes) > 0)
SHOW TABLES WHERE name IN (system.processes)
SHOW TABLES WHERE getServerSetting('path') != ''
SHOW TABLES LIMIT (SELECT count() FROM system.processes)
SHOW TABLES FROM viewer LIMIT (SELECT count() FROM system.parts)
SHOW COLUMNS FROM teams FROM viewer WHERE (SELECT count() FROM system.processes) > 0
SHOW COLUMNS FROM teams FROM viewer LIMIT (SELECT count() FROM system.disks)
SHOW FULL COLUMNS FROM teams FROM viewer WHERE field = (SELECT any(query) FROM system.processes)
SHOW DATABASES WHERE name = (SELECT any(query) FROM system.processes)
SHOW DATABASES LIMIT (SELECT count() FROM system.processes)
SHOW FUNCTIONS LIKE (SELECT 1)
SHOW INDEX FROM teams FROM viewer WHERE (SELECT count() FROM system.processes) > 0
SHOW SETTINGS LIKE 'max' WHERE (SELECT count() FROM system.processes) > 0
SHOW CLUSTERS
SHOW CLUSTER 'default'
SHOW MERGES
SHOW FILESYSTEM CACHES
SHOW POLICIES
SHOW PROFILES
SHOW QUOTA
SHOW QUOTAS
SHOW CURRENT QUOTA
SHOW CURRENT ROLES
SHOW ENABLED ROLES
SHOW PRIVILEGES
SHOW CREATE SETTINGS PROFILE default
SHOW CREATE ROW POLICY default ON system.one
SHOW CREATE DATABASE vault
SHOW CREATE TABLE system.processes
SHOW CREATE VIEW vault.rejected
DESCRIBE TABLE (SELECT any(query) FROM system.processes)
DESCRIBE TABLE system.stack_trace
DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')
DESCRIBE TABLE merge('vault', '.*')
DESCRIBE TABLE remote('127.0.0.1', 'vault', 'secret')
EXPLAIN AST SELECT COLUMNS('a') APPLY(x -> (SELECT 1 FROM system.processes))
EXPLAIN QUERY TREE SELECT COLUMNS('a') APPLY(x -> (SELECT 1 FROM system.processes))
EXPLAIN (SELECT * FROM system.processes)
SELECT * FROM eval('SELECT * FROM system.processes')
SELECT * FROM eval('SELECT 1')
SELECT * FROM fuzzQuery('SELECT 1')
SELECT * FROM mergeTreeAnalyzeIndexes('vault', 'secret', 1)
SELECT * FROM mergeTreeAnalyzeIndexesUUID('00000000-0000-0000-0000-000000000000', 1)
SELECT * FROM mergeTreeTextIndex('vault', 'secret', 'i')
SELECT * FROM mergeTreeCodecBlockCounts('vault', 'secret')
SELECT * FROM timeSeriesData('vault', 'secret')
SELECT * FROM timeSeriesSelector('vault', 'secret', 'a', 0, 1)
SELECT * FROM prometheusQuery('vault', 'secret', 'a', 0)
SELECT * FROM arrowstream('/etc/passwd')
SELECT * FROM paimonLocal('/etc')
SELECT * FROM deltaLakeLocal('/etc')
SELECT * FROM bigquery('a', 'b', 'c')
SELECT * FROM remoteSecure('127.0.0.1', 'vault', 'secret')
SELECT * FROM generateRandom('a Int8') LIMIT 1
SELECT hostName()
SELECT FQDN()
SELECT connectionId()
SELECT buildId()
SELECT getOSKernelVersion()
SELECT currentProfiles()
SELECT enabledRoles()
SELECT authenticatedUser()
SELECT getClientHTTPHeader('authorization')
SELECT generateSerialID('x')
SELECT formatQueryFromJSON('{}')
SELECT aiGenerate('x')
SELECT tid()
SELECT demangle('x')
SELECT showCertificate()
SELECT naiveBayesClassifier('x', 'y')
SELECT regionToName(toUInt32(1))
SELECT isMergeTreePartCoveredBy('all_1_1_0', 'all_1_1_0')
SELECT transactionID()
SELECT __actionName('x')
WITH hostName() AS h SELECT h
SELECT 1 WHERE hostName() = 'x'
SELECT 1 ORDER BY hostName()
SELECT 1 LIMIT (SELECT count() FROM system.processes)
SELECT 1 OFFSET (SELECT count() FROM system.processes)
SELECT number FROM numbers(3) LIMIT (SELECT count() FROM system.parts) BY number
SELECT 1 AS x ORDER BY x WITH FILL FROM (SELECT count() FROM system.processes) TO 3
SELECT 1 AS x, 2 AS y ORDER BY x WITH FILL INTERPOLATE (y AS (SELECT any(query) FROM system.processes))
SELECT sum(1) OVER (PARTITION BY (SELECT any(query) FROM system.processes))
SELECT quantile((SELECT count() FROM system.processes))(1)
WITH system AS s SELECT * FROM s.processes
WITH processes AS (SELECT * FROM system.processes) SELECT * FROM processes
WITH a AS (SELECT * FROM system.one), b AS (SELECT * FROM system.users) SELECT * FROM a
SELECT * FROM system.one AS system JOIN system.processes AS p ON 1 = 1
SELECT * FROM system.tables AS t WHERE t.name IN (SELECT query FROM system.processes)
SELECT * FROM `system` . `processes`
SELECT * FROM/**/system/**/./**/processes
SELECT * FROM system.`proce\x73ses`
SELECT * FROM "sys\x74em".processes
SELECT * FROM ѕystem.processes
SELECT * FROM system.processes FORMAT JSON
SELECT * FROM viewer.teams, system.processes
SELECT * FROM viewer.teams ANY LEFT JOIN system.processes USING (a)
SELECT * FROM viewer.teams ARRAY JOIN (SELECT groupArray(query) FROM system.processes) AS q
SELECT 1 UNION DISTINCT SELECT 1 FROM system.processes
SELECT 1 INTERSECT SELECT 1 FROM system.processes
SELECT 1 EXCEPT SELECT count() FROM system.processes
FROM system.processes SELECT *
(SELECT * FROM system.processes)
((SELECT 1) UNION ALL (SELECT count() FROM system.processes))
SELECT EXISTS(SELECT 1 FROM system.processes)
SELECT * FROM viewer.teams WHERE EXISTS (SELECT 1 FROM system.processes)
SELECT * FROM viewer.teams PREWHERE a IN (SELECT 1 FROM system.processes)
SELECT * FROM viewer.teams QUALIFY (SELECT count() FROM system.processes) > 0
SELECT if((SELECT count() FROM system.processes) > 0, 1, 2)
SELECT * FROM numbers((SELECT count() FROM system.processes))
SELECT * FROM values('a String', (SELECT any(query) FROM system.processes))
SELECT * FROM format(LineAsString, (SELECT any(query) FROM system.processes))
SELECT * FROM view(SELECT * FROM system.processes)
SELECT * FROM viewer.teams |> WHERE (SELECT count() FROM system.processes) > 0
SELECT * FROM system.query_log
SELECT * FROM system.text_log
SELECT * FROM system.user_query_log
SELECT * FROM system.user_processes
SELECT * FROM system.session_query_ids
SELECT * FROM system.statements
SELECT * FROM system.documentation
SELECT * FROM system.completions
SELECT * FROM system.privileges
SELECT * FROM system.row_policies
SELECT * FROM system.settings_profiles
SELECT * FROM system.settings_changes
SELECT * FROM system.quotas
SELECT * FROM system.current_roles
SELECT * FROM system.backups
SELECT * FROM system.replicas
SELECT * FROM system.detached_parts
SELECT * FROM system.detached_tables
SELECT * FROM system.dropped_tables
SELECT * FROM system.parts_columns
SELECT * FROM system.storage_policies
SELECT * FROM system.remote_data_paths
SELECT * FROM system.filesystem_cache
SELECT * FROM system.query_cache
SELECT * FROM system.events
SELECT * FROM system.asynchronous_inserts
SELECT * FROM system.merges
SELECT * FROM system.macros
SELECT * FROM system.warnings
SELECT * FROM system.certificates
SELECT * FROM system.symbols
SELECT * FROM system.schema_inference_cache
SELECT * FROM system.jemalloc_profile_text
SELECT * FROM system.user_defined_functions
SELECT * FROM system.data_skipping_indices
SELECT * FROM system.projections
SELECT * FROM system.constraints
SELECT * FROM system.view_refreshes
SELECT * FROM `/etc/passwd`
SELECT * FROM default.`/etc/passwd`
SELECT * FROM `file`
SELECT * FROM `http://127.0.0.1:1/x.csv`
DESCRIBE TABLE `/etc/passwd`
SELECT 1 IN `/etc/passwd`
GET CLIENT `x`
UNDROP TABLE viewer.teams
MOVE ROLE analyst TO x
CREATE WORKLOAD all
CREATE RESOURCE r (READ ANY DISK)
CREATE NAMED COLLECTION c AS a = 1
CREATE ROW POLICY p ON viewer.teams USING 1 TO default
CREATE QUOTA q
CREATE SETTINGS PROFILE p
CREATE DICTIONARY viewer.d (k UInt64) PRIMARY KEY k SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)
ALTER ROLE analyst SETTINGS readonly = 0
ALTER DATABASE viewer MODIFY COMMENT 'x'
ALTER TABLE viewer.teams MODIFY COMMENT 'x'
DETACH DATABASE viewer
DROP DATABASE viewer
DROP VIEW viewer.settings
SYSTEM RELOAD CONFIG
SYSTEM RELOAD USERS
SYSTEM DROP MARK CACHE
SYSTEM FLUSH DISTRIBUTED viewer.teams
SYSTEM KILL
WATCH viewer.teams
SHOW CLUSTERS LIKE 'd%'
SHOW INDEXES FROM teams FROM viewer
SHOW DICTIONARIES FROM vault
SHOW ENGINES
SHOW TEMPORARY TABLES
SELECT hostname()
SELECT fqdn()
SELECT fullHostName()
