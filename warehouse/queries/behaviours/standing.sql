-- The rules by which facts may stand: those that history goes by (`applied`), and those put in force since,
-- newest first.
SELECT version, text, applied
FROM ops.behaviour_rule_rows FINAL
WHERE version >= (SELECT maxIf(version, applied = 1) FROM ops.behaviour_rule_rows FINAL)
ORDER BY version DESC
