-- The marts that the worker keeps, and when each was last defined anew.
-- identity: none (names)
CREATE OR REPLACE VIEW ops.marts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT mart, definition, at FROM ops.mart_rows FINAL WHERE gone = 0
