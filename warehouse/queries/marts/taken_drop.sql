ALTER TABLE ops.dirty_hours DROP PART {part:String}
