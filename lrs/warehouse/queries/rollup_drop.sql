ALTER TABLE learning.activity_day_rows DROP PARTITION {day:String}
