ALTER TABLE learning.$table DROP PARTITION {day:String}
