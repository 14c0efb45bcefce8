-- Arrivals that lost to another text, where the loser or the winner came with these inserts.
SELECT id, position, winner
FROM
(
    SELECT
        id,
        position,
        digest,
        batch,
        min(position) OVER (PARTITION BY id) AS winner,
        argMin(digest, position) OVER (PARTITION BY id) AS winning_digest,
        argMin(batch, position) OVER (PARTITION BY id) AS winning_batch
    FROM
    (
        SELECT id, position, any(digest) AS digest, max(batch) AS batch
        FROM lrs.arrivals
        WHERE id IN
        (
            SELECT id FROM lrs.twins
            WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})
        )
        GROUP BY id, position
    )
)
WHERE position != winner
    AND digest != winning_digest
    AND (batch IN {batches:Array(UInt64)} OR winning_batch IN {batches:Array(UInt64)})
ORDER BY id, position
