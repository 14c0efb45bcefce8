-- As statements_by_ids.sql, of statements between two places, and whether an id is known to have come
-- more than once: then its winner may stand elsewhere.
SELECT
    id,
    raw,
    toString(position) AS place,
    id IN (SELECT id FROM lrs.voids WHERE id IN {ids:Array(UUID)}) AS voided,
    id IN (SELECT id FROM lrs.twins WHERE id IN {ids:Array(UUID)}) AS duplicate
FROM lrs.statement_rows
WHERE id IN {ids:Array(UUID)} AND position >= {low:UInt128} AND position <= {high:UInt128}
