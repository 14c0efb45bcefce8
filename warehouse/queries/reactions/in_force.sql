-- Every text of rules that was put in force, the newest first.
SELECT version, text FROM ops.reaction_rule_rows FINAL ORDER BY version DESC
