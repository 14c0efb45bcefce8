-- The statements with these ids, and whether there is a voiding statement for them. An id may come more
-- than once, in any order: a reader takes the first in position. Every further column would be looked up
-- as often as the text.
SELECT id, raw, toString(position) AS place, id IN (SELECT id FROM lrs.voids WHERE id IN {ids:Array(UUID)}) AS voided
FROM lrs.statement_rows
WHERE id IN {ids:Array(UUID)}
