-- The rollouts: those of which most was found first, then those that could be estimated, then the newest.
SELECT r.rollout AS rollout
FROM viewer.rollouts AS r
LEFT JOIN
(
    SELECT behaviour, countIf(kind IN ('effect', 'association')) AS found, countIf(method = 'rollout' AND kind != 'missing') AS told
    FROM viewer.links
    WHERE method IN ('rollout', 'interruption')
    GROUP BY behaviour
) AS l ON l.behaviour = r.rollout
GROUP BY rollout
ORDER BY max(l.found) DESC, max(l.told) DESC, max(r.start) DESC, rollout
