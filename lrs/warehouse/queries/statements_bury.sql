-- Tombstones for facts of statements that lost or were voided. A loser's tombstone beats only its own
-- delivery; a void's beats every one.
INSERT INTO learning.fact_rows
SELECT
    id, time, account, counterpart, tool, behaviour, scaffold, know, verb, object, object_type, topic,
    duration, source, position,
    if(
        id IN (SELECT id FROM lrs.voided),
        bitNot(toUInt128(0)),
        (bitShiftLeft(toUInt128(1), 126) - position) * 2 + 1) AS version,
    1 AS gone
FROM learning.fact_rows
LEFT JOIN
(
    SELECT id, winner FROM lrs.twins FINAL
    WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
) AS t ON t.id = fact_rows.id
WHERE gone = 0
    AND fact_rows.id IN
    (
        SELECT id FROM lrs.twins WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
        UNION ALL
        SELECT id FROM lrs.voided WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
    )
    AND (fact_rows.id IN (SELECT id FROM lrs.voided) OR (t.winner != 0 AND position != t.winner))
