-- Deliveries that a voiding statement of these records undoes as its sender's own, and that are not
-- written down (own_voids_note.sql writes them).
SELECT
    toUInt16(bitAnd(bitShiftRight(v.position, 64), 65535)) AS partition,
    toUInt64(bitAnd(bitShiftRight(v.position, 20), 17592186044415)) AS offset,
    toUInt64(intDiv(toUInt64(bitShiftRight(v.position, 80)), 3600000) * 3600) AS hour
FROM (SELECT id, position FROM verification.voids WHERE own_only) AS v
INNER JOIN lrs.statement_rows AS s ON s.id = v.id
INNER JOIN (SELECT position, authority FROM lrs.statement_keys WHERE key = 0) AS its ON its.position = s.position
INNER JOIN (SELECT position, authority FROM verification.statement_keys WHERE key = 0) AS theirs ON theirs.position = v.position
WHERE its.authority = theirs.authority
    AND s.id IN (SELECT id FROM verification.voids WHERE own_only)
    AND (s.id, s.position, v.position) NOT IN (SELECT id, position, void_position FROM lrs.own_voids)
