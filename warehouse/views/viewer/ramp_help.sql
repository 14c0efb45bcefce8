-- The same by whether somebody new has helped anybody by then (`helped` is yes or no).
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.ramp_help DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT month, stage, step, helped, events AS weeks, people
FROM published.ramp_help_rows
