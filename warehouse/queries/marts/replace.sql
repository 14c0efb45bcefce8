ALTER TABLE learning.$table REPLACE PARTITION {day:String} FROM learning.$staging
