-- The newest accepted statements, but for those that void and those that are voided.
SELECT toString(id), toString(position), source, raw
FROM lrs.statement_rows FINAL
WHERE id IN (SELECT id FROM lrs.statement_rows ORDER BY position DESC LIMIT {most:UInt32})
    AND verb != 'http://adlnet.gov/expapi/verbs/voided'
    AND id NOT IN (SELECT id FROM lrs.voided)
