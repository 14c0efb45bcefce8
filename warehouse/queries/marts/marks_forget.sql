ALTER TABLE ops.mark_rows DROP PARTITION {span:UInt64}
