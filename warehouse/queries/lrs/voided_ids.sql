-- Which of these ids a voiding statement undoes that itself won; they may still be on their way. One
-- whose sender may not void what others wrote undoes its own (own_voids_note.sql). A voiding statement
-- cannot be voided (Part Two 2.3.2).
SELECT DISTINCT id
FROM lrs.voids
WHERE id IN {ids:Array(UUID)}
    AND (voided_by, position) IN
    (
        SELECT id, min(position)
        FROM lrs.statement_rows
        WHERE id IN (SELECT voided_by FROM lrs.voids WHERE id IN {ids:Array(UUID)})
        GROUP BY id
    )
    AND
    (
        own_only = 0
        OR (id, voided_by, position) IN
        (
            SELECT id, voided_by, void_position
            FROM lrs.own_voids
            WHERE id IN {ids:Array(UUID)}
                AND (id, position) IN
                (
                    SELECT id, min(position)
                    FROM lrs.statement_rows
                    WHERE id IN {ids:Array(UUID)}
                    GROUP BY id
                )
        )
    )
    AND id NOT IN
    (
        SELECT id
        FROM lrs.statement_rows
        WHERE id IN {ids:Array(UUID)}
        GROUP BY id
        HAVING argMin(verb, position) = 'http://adlnet.gov/expapi/verbs/voided'
    )
