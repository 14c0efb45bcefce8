-- The statements with these ids, the first in position of each, and whether there is a voiding
-- statement for it. Every further column would be looked up as often as the text.
SELECT id, raw, toString(position) AS place, id IN (SELECT id FROM lrs.voids WHERE id IN {ids:Array(UUID)}) AS voided
FROM lrs.statement_rows
WHERE id IN {ids:Array(UUID)}
ORDER BY id, position
LIMIT 1 BY id
