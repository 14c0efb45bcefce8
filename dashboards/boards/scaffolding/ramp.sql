-- How people begin in the months of the range: the first 13 weeks by their steps, then the others.
WITH
    {zone:String} AS zone,
    toStartOfMonth(toDate({from:DateTime}, zone)) AS first,
    toDate({until:DateTime} - 1, zone) AS last
SELECT
    multiIf(
        stage = 'old', 'a year and longer',
        stage = 'middle', 'the rest of the first year',
        stage = '', 'not known, or too few to tell',
        step = '', 'the first 13 weeks, not told apart',
        concat('weeks ', step)) AS who,
    r.weeks AS weeks,
    -- Where nothing is told apart, 0 would be a figure.
    if(r.untold = 100, NULL, r.active) AS active,
    if(r.untold = 100, NULL, r.shared) AS shared,
    r.untold AS untold,
    if(stage = 'new' AND h.unsure < 100, h.helped, NULL) AS helped,
    if(stage = 'new', h.unsure, NULL) AS unsure
FROM
(
    SELECT
        toString(stage) AS stage,
        toString(step) AS step,
        sum(m.weeks) AS weeks,
        round(100 * sumIf(m.weeks, did IN ('used', 'shared')) / weeks) AS active,
        round(100 * sumIf(m.weeks, did = 'shared') / weeks) AS shared,
        round(100 * sumIf(m.weeks, did = '') / weeks) AS untold
    FROM viewer.ramp AS m
    WHERE month >= first AND month <= last
    GROUP BY stage, step
) AS r
LEFT JOIN
(
    SELECT
        toString(stage) AS stage,
        toString(step) AS step,
        round(100 * sumIf(m.weeks, m.helped = 'yes') / sum(m.weeks)) AS helped,
        round(100 * sumIf(m.weeks, m.helped = '') / sum(m.weeks)) AS unsure
    FROM viewer.ramp_help AS m
    WHERE month >= first AND month <= last
    GROUP BY stage, step
) AS h ON h.stage = r.stage AND h.step = r.step
ORDER BY indexOf(['new', 'middle', 'old', ''], stage), step = '', step
