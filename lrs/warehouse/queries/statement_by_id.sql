-- The statement with an id, unless a voiding statement undoes it (one that itself cannot be voided).
SELECT raw, stored, toString(position) AS position
FROM lrs.statements
WHERE id = {id:UUID}
    AND (
        verb = 'http://adlnet.gov/expapi/verbs/voided'
        OR id NOT IN (SELECT id FROM lrs.voids WHERE id = {id:UUID})
    )
