CREATE TABLE IF NOT EXISTS learning.$staging AS learning.activity_day_rows
