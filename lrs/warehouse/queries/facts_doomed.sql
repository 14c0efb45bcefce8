SELECT count() FROM
(
    SELECT id FROM lrs.twins WHERE id IN (SELECT id FROM learning.recent_ids WHERE batch IN {batches:Array(UInt64)})
    UNION ALL
    SELECT id FROM lrs.voided WHERE id IN (SELECT id FROM learning.recent_ids WHERE batch IN {batches:Array(UInt64)})
)
