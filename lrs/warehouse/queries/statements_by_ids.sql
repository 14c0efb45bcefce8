-- The statements of these ids, as they were accepted, voided ones too.
SELECT raw, stored, toString(position) AS position, id
FROM lrs.statements
WHERE id IN {ids:Array(UUID)}
