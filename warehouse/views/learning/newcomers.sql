-- How people begin: by the month in which they started (`cohort`) and their week since then (1: the first seven days),
-- up to the 26th, beside the old hands. `people` are those of the cohort who are in a team on the first day of that
-- week, where it is over and begins no earlier than the first learning event of all. Of them: who did anything for
-- learning (`active`), events and people met a person (those whom their events were for or about, and those whose
-- events were for or about them), which part of the events is sharing, which part of the people have asked, and
-- helped, by the end of that week, and after how many days since their start (the median of those who have).
-- `old_…` is the same of the weeks of people a year and longer there that begin on the days on which such a week of
-- this cohort may begin; `old_weeks` is how many weeks of people these are. NULL where there is nothing to divide by.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.newcomers DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT time_zone FROM viewer.settings), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS zone,
    toDate32(toDate(now(), zone)) AS today,
    ifNull((SELECT toDate32(minOrNull(day)) FROM learning.person_day_rows), toDate32('2100-01-01')) AS earliest,
    started AS (SELECT person, assumeNotNull(start) AS began FROM directory.people WHERE start IS NOT NULL),
    at_work AS
    (
        -- Weeks that are over, of people who are in a team when they begin.
        SELECT person, began, week, began + 7 * week AS first
        FROM
        (
            SELECT
                person,
                began,
                arrayJoin(range(toUInt32(greatest(0, intDiv(dateDiff('day', began, earliest) + 6, 7))), toUInt32(greatest(0, intDiv(dateDiff('day', began, today), 7))))) AS week
            FROM started
        )
        WHERE dictHas('directory.person_team', person, first) AND (week < 26 OR dateDiff('day', began, first) >= 365)
    ),
    done AS
    (
        SELECT d.person AS person, intDiv(dateDiff('day', s.began, toDate32(d.day)), 7) AS week, sum(d.events) AS events, sum(d.sharing) AS sharing
        FROM learning.person_day_rows AS d
        INNER JOIN started AS s ON s.person = d.person
        WHERE toDate32(d.day) >= s.began
        GROUP BY person, week
    ),
    firsts AS
    (
        SELECT
            d.person AS person,
            minIf(dateDiff('day', s.began, toDate32(d.day)), mapContains(d.behaviours, 'ask')) AS until_asked,
            countIf(mapContains(d.behaviours, 'ask')) > 0 AS has_asked,
            minIf(dateDiff('day', s.began, toDate32(d.day)), mapContains(d.behaviours, 'help')) AS until_helped,
            countIf(mapContains(d.behaviours, 'help')) > 0 AS has_helped
        FROM learning.person_day_rows AS d
        INNER JOIN started AS s ON s.person = d.person
        WHERE toDate32(d.day) >= s.began
        GROUP BY person
    ),
    meetings AS
    (
        SELECT DISTINCT day, person AS one, dictGetOrDefault('directory.account_person', 'person', account, account) AS two
        FROM learning.person_day_rows
        ARRAY JOIN counterparts AS account
        WHERE one != two
    ),
    met AS
    (
        SELECT m.person AS person, intDiv(dateDiff('day', s.began, toDate32(m.day)), 7) AS week, uniqExact(m.other) AS people
        FROM
        (
            SELECT day, one AS person, two AS other FROM meetings
            UNION ALL
            SELECT day, two AS person, one AS other FROM meetings
        ) AS m
        INNER JOIN started AS s ON s.person = m.person
        WHERE toDate32(m.day) >= s.began
        GROUP BY person, week
    ),
    weeks AS
    (
        SELECT
            w.began AS began,
            w.week AS week,
            w.first AS first,
            d.events AS events,
            d.sharing AS sharing,
            m.people AS met,
            if(f.has_asked AND f.until_asked < 7 * w.week + 7, f.until_asked, NULL) AS asked_after,
            if(f.has_helped AND f.until_helped < 7 * w.week + 7, f.until_helped, NULL) AS helped_after
        FROM at_work AS w
        LEFT JOIN done AS d ON d.person = w.person AND d.week = w.week
        LEFT JOIN met AS m ON m.person = w.person AND m.week = w.week
        LEFT JOIN firsts AS f ON f.person = w.person
    ),
    gathered AS
    (
        -- The cohort's of a week since the start, and the old hands' of a day, on which a week begins.
        SELECT
            w.week < 26 AS new,
            if(new, toStartOfMonth(w.began), toDate(w.first)) AS date,
            if(new, w.week, 0) AS week,
            count() AS people,
            countIf(w.events > 0) AS active,
            sum(w.events) AS events,
            sum(w.sharing) AS sharing,
            sum(w.met) AS met,
            count(w.asked_after) AS asked,
            quantileExactInclusiveOrNull(0.5)(w.asked_after) AS asked_days,
            count(w.helped_after) AS helped,
            quantileExactInclusiveOrNull(0.5)(w.helped_after) AS helped_days
        FROM weeks AS w
        GROUP BY new, date, week
    ),
    beside AS
    (
        -- A day stands beside one cohort of each week.
        SELECT
            *,
            arrayJoin(if(new, [(date, toInt64(week))], arrayMap(back -> (toStartOfMonth(date - 7 * back), toInt64(back)), range(26)))) AS place
        FROM gathered
    )
SELECT
    place.1 AS cohort,
    toUInt16(place.2 + 1) AS week,
    sumIf(b.people, new) AS people,
    sumIf(b.active, new) AS active,
    sumIf(b.events, new) AS events,
    active / people AS active_share,
    events / people AS events_a_person,
    sumIf(b.met, new) / people AS met_a_person,
    if(events = 0, NULL, sumIf(b.sharing, new) / events) AS sharing_share,
    sumIf(b.asked, new) / people AS asked_share,
    maxIf(b.asked_days, new) AS asked_days,
    sumIf(b.helped, new) / people AS helped_share,
    maxIf(b.helped_days, new) AS helped_days,
    sumIf(b.people, NOT new) AS old_weeks,
    if(old_weeks = 0, NULL, sumIf(b.active, NOT new) / old_weeks) AS old_active_share,
    if(old_weeks = 0, NULL, sumIf(b.events, NOT new) / old_weeks) AS old_events_a_person,
    if(old_weeks = 0, NULL, sumIf(b.met, NOT new) / old_weeks) AS old_met_a_person,
    if(sumIf(b.events, NOT new) = 0, NULL, sumIf(b.sharing, NOT new) / sumIf(b.events, NOT new)) AS old_sharing_share
FROM beside AS b
GROUP BY place
HAVING people > 0
