-- The statements with these ids, the first in position of each, and whether there is a voiding
-- statement for it. A voiding statement cannot be voided (Part Two 2.3.2).
SELECT
    id,
    raw,
    stored,
    toString(position) AS place,
    verb != 'http://adlnet.gov/expapi/verbs/voided'
        AND id IN (SELECT id FROM lrs.voids WHERE id IN {ids:Array(UUID)}) AS voided
FROM lrs.statement_rows
WHERE id IN {ids:Array(UUID)}
ORDER BY id, position
LIMIT 1 BY id
