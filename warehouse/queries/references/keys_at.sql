-- The keys of the statements at these places. A place may come twice: as its statement arrived, and
-- with what it inherits.
SELECT toString(position) AS place, keys, own, authority
FROM lrs.statement_keys
WHERE key = 0 AND position IN {places:Array(UInt128)}
