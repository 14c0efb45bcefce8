-- Parts of dirty hours, all of whose rows every mart has taken in. Whole parts: a row that becomes visible
-- meanwhile is in a part of its own.
SELECT DISTINCT _part
FROM ops.dirty_hours
WHERE at < now() - INTERVAL 10 MINUTE
    AND _part NOT IN (SELECT _part FROM ops.dirty_hours WHERE id IN (SELECT id FROM ops.dirty_waiting))
