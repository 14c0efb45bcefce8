-- The behaviours that links were estimated of: those of which most was found first.
SELECT toString(behaviour) AS behaviour
FROM viewer.links
WHERE method IN ('lags', 'panel')
GROUP BY behaviour
ORDER BY countIf(kind = 'association') DESC, countIf(kind != 'missing') DESC, behaviour
