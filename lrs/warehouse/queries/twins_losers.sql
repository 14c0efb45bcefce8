-- Arrivals of these inserts' twins that lost to another text, winner first.
SELECT id, position, winner, stored
FROM
(
    SELECT
        id,
        position,
        digest,
        stored,
        min(position) OVER (PARTITION BY id) AS winner,
        argMin(digest, position) OVER (PARTITION BY id) AS winning_digest
    FROM (SELECT DISTINCT id, position, digest, stored FROM lrs.arrivals
        WHERE id IN (SELECT id FROM lrs.twins WHERE id IN (SELECT id FROM lrs.recent_ids WHERE batch IN {batches:Array(UInt64)})))
)
WHERE position != winner AND digest != winning_digest
ORDER BY id, position
