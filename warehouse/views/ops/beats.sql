-- What each part last said of itself: lag_ms, records, errors (last_error is 1 while there is one).
-- identity: none (numbers; the text of an error is left out)
CREATE OR REPLACE VIEW ops.beats DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, at FROM ops.beat_rows FINAL
