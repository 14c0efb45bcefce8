CREATE TABLE IF NOT EXISTS $database.$staging AS $database.$table
