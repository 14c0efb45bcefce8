ALTER TABLE learning.activity_day_rows REPLACE PARTITION {day:String} FROM learning.$staging
