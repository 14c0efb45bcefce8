ALTER TABLE $database.$table
