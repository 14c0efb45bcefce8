-- The rules that were put in force last.
SELECT version, text
FROM ops.behaviour_rule_rows FINAL
ORDER BY version DESC
LIMIT 1
