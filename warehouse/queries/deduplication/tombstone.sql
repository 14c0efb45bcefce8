-- Tombstones for facts of statements that lost or were voided, where these inserts are those of $database.
-- A loser's tombstone, and that of a void of one's own, beats only its own delivery; that of a void by right
-- beats every one. A tombstone has the fact's key and its place, and nothing else of it.
INSERT INTO learning.fact_rows (id, time, position, version, gone)
SELECT
    f.id,
    f.time,
    f.position,
    if(
        f.id IN (SELECT id FROM lrs.voided_by_right WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})),
        bitNot(toUInt128(0)),
        (bitShiftLeft(toUInt128(1), 126) - f.position) * 2 + 1) AS version,
    1 AS gone
FROM learning.fact_rows AS f
LEFT JOIN
(
    SELECT id, winner FROM lrs.twins FINAL
    WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
) AS t ON t.id = f.id
WHERE f.gone = 0
    AND f.id IN
    (
        SELECT id FROM lrs.twins WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
        UNION ALL
        SELECT id FROM lrs.voids WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)})
    )
    AND
    (
        f.id IN (SELECT id FROM lrs.voided_by_right WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)}))
        OR (f.id, f.position) IN (SELECT id, position FROM lrs.voided_deliveries WHERE id IN (SELECT id FROM $database.recent_ids WHERE batch IN {batches:Array(UInt64)}))
        OR (t.winner != 0 AND f.position != t.winner)
    )
SETTINGS max_partitions_per_insert_block = 0
