-- Accepted statements accepted before a position, but for those that void and those that are voided, in the order
-- of their ids.
SELECT toString(id), toString(position), source, raw
FROM lrs.statement_rows FINAL
WHERE id > {after:UUID}
    AND position < {before:UInt128}
    AND verb != 'http://adlnet.gov/expapi/verbs/voided'
    AND id NOT IN (SELECT id FROM lrs.voided)
ORDER BY id
LIMIT {most:UInt32}
