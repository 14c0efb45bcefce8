-- What the installation chose: time_zone, minimum_group, session_gap, synthetic, working_days, working_hours, holidays.
-- identity: none (what the installation chose)
CREATE OR REPLACE VIEW ops.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT name, value FROM ops.setting_rows FINAL
