DROP TABLE IF EXISTS learning.$staging
