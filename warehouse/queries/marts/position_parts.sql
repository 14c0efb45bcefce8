-- Parts of positions that are of no dirty hour any more.
SELECT DISTINCT _part
FROM ops.mart_positions
WHERE _part NOT IN (SELECT _part FROM ops.mart_positions WHERE dirty IN (SELECT id FROM ops.dirty_hours))
