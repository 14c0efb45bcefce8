TRUNCATE TABLE learning.{staging:Identifier}
