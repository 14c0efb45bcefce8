CREATE TABLE IF NOT EXISTS learning.{staging:Identifier} AS learning.activity_day_rows
