-- The rules of the house as they were put in force, newest last: a behaviours.toml each, and whether history goes
-- by it, too.
-- identity: none (tools, topics and tags)
CREATE OR REPLACE VIEW ops.behaviour_rules DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT version, at, applied, text
FROM ops.behaviour_rule_rows FINAL
