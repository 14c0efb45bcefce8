-- Puts ids on the work list of the facts' side, each at every time at which a fact of it stands.
INSERT INTO learning.recent_ids (batch, id, time)
SELECT DISTINCT {batch:UInt64}, id, time
FROM learning.fact_rows
WHERE id IN {ids:Array(UUID)}
