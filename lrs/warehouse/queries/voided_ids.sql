-- Which of these ids a voiding statement undoes that itself won; they may still be on their way.
SELECT DISTINCT id
FROM lrs.voids
WHERE id IN {ids:Array(UUID)} AND (voided_by, position) IN
    (
        SELECT id, min(position)
        FROM lrs.statement_rows
        WHERE id IN (SELECT voided_by FROM lrs.voids WHERE id IN {ids:Array(UUID)})
        GROUP BY id
    )
