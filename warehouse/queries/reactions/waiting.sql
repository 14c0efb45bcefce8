-- What is still to be done, the oldest case first: statements to be stored (target ''), and targets to be told of
-- those that are; so many of each, that no target keeps another waiting.
SELECT toString(id), target, rule, toUnixTimestamp64Milli(at), said, toUnixTimestamp64Milli(told)
FROM ops.reaction_rows FINAL
WHERE step = 0
    AND (target = '' OR id IN (SELECT id FROM ops.reaction_rows WHERE target = '' AND step = 1))
ORDER BY at, id, target
LIMIT {most:UInt32} BY target
