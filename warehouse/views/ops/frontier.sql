-- Up to where each partition is surely in lrs.statements.
-- identity: none (positions in the log)
CREATE OR REPLACE VIEW ops.frontier DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT partition, confirmed, at FROM ops.frontier_rows FINAL
