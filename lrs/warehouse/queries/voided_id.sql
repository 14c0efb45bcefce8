-- Whether a voiding statement that itself won undoes an id, which may still be on its way.
SELECT 1
FROM lrs.voids
WHERE id = {id:UUID} AND (voided_by, position) IN
    (
        SELECT id, min(position)
        FROM lrs.statement_rows
        WHERE id IN (SELECT voided_by FROM lrs.voids WHERE id = {id:UUID})
        GROUP BY id
    )
LIMIT 1
