TRUNCATE TABLE $database.$staging
