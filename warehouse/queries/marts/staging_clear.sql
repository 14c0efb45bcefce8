TRUNCATE TABLE learning.$staging
