-- The latest reactions, each with what became of it: its statement's state, and each target's with its reason.
SELECT
    toString(id),
    any(rule),
    toUnixTimestamp64Milli(min(at)),
    any(said),
    anyIf(state, target = ''),
    arraySort(groupArrayIf((toString(target), toString(state), reason), target != ''))
FROM ops.reaction_rows FINAL
GROUP BY id
ORDER BY min(at) DESC, id
LIMIT {most:UInt32}
