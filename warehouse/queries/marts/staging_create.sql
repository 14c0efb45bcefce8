CREATE TABLE IF NOT EXISTS learning.$staging AS learning.$table
