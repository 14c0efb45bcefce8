-- Which deliveries of what is voided have the authority of a voiding statement that undoes only its own,
-- where one of the two is among these inserts.
INSERT INTO lrs.own_voids
WITH
    targets AS
    (
        SELECT id, voided_by, position
        FROM lrs.voids
        WHERE own_only AND id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
    ),
    deliveries AS
    (
        SELECT id, position FROM lrs.statement_rows WHERE id IN (SELECT id FROM targets)
    ),
    authorities AS
    (
        SELECT position, authority
        FROM lrs.statement_keys
        WHERE key = 0
            AND position IN
            (
                SELECT position FROM targets
                UNION ALL
                SELECT position FROM deliveries
            )
    )
SELECT DISTINCT d.id AS id, d.position AS position, t.voided_by AS voided_by, t.position AS void_position
FROM targets AS t
INNER JOIN deliveries AS d ON d.id = t.id
INNER JOIN authorities AS theirs ON theirs.position = t.position
INNER JOIN authorities AS its ON its.position = d.position
WHERE its.authority = theirs.authority
