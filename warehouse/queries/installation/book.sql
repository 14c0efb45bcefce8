-- The book of clickhouse-migrations, as it makes it where there is none.
CREATE DATABASE IF NOT EXISTS ops;
CREATE TABLE IF NOT EXISTS ops.db_migrations
(
    version UInt32,
    md5 String,
    script String,
    created_at DateTime DEFAULT now()
) ENGINE = MergeTree
ORDER BY tuple(created_at)
