-- Median hours from opening a change to the first review by somebody else, by the team of who opened it and the
-- week of the review. Changes that nobody reviewed are not in it.
-- unit: hours
-- direction: down
-- grain: week
SELECT
    opener_team AS team,
    toMonday(reviewed_day) AS period,
    quantileExact(0.5)(dateDiff('second', opened, reviewed) / 3600) AS value,
    count() AS n,
    uniqExactIf(opener, opener != 0) AS people
FROM work.items
WHERE kind = 'change' AND opened IS NOT NULL AND reviewed > opened AND opener_team != ''
GROUP BY team, period
