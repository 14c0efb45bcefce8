-- What each part last said of itself, with the text of its last error, which may quote what it met.
-- identity: personal (the text of an error quotes what it met)
CREATE OR REPLACE VIEW vault.beats DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, text, at FROM ops.beat_rows FINAL
