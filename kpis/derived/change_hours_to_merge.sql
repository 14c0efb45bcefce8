-- Median hours from the first review by somebody else to the merge, by the team of who opened the change and the week of
-- the merge. The review's part of a change's lead time. Changes that nobody reviewed, or only when they had been merged,
-- are not in it.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    opener_team AS team,
    toMonday(closed_day) AS period,
    quantileExact(0.5)(dateDiff('second', reviewed, closed) / 3600) AS value,
    count() AS n,
    uniqExactIf(opener, opener != 0) AS people
FROM work.items
WHERE kind = 'change' AND outcome = 'merged' AND reviewed <= closed AND opener_team != ''
GROUP BY team, period
