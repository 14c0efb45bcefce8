ALTER TABLE ops.mart_positions DROP PART {part:String}
