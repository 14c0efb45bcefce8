SELECT DISTINCT toString(day) FROM learning.$staging
