-- The sessions that start on the day before each period, from the deduplicated facts of the period and the three
-- days before. Date32, as a Date counts round at its ends.
INSERT INTO $staging
WITH
    (SELECT session_gap * 60000 FROM viewer.settings) AS gap,
    (SELECT time_zone FROM viewer.settings) AS zone,
    toDateTime64(arrayMin({periods:Array(Date32)}) - 4, 3, 'UTC') AS earliest,
    toDateTime64(arrayMax({periods:Array(Date32)}) + 2, 3, 'UTC') AS latest,
    arrayDistinct(arrayFlatten(arrayMap(p -> [p - 3, p - 2, p - 1, p], {periods:Array(Date32)}))) AS days,
    spaced AS
    (
        SELECT
            person,
            resolved,
            team,
            tenure_band,
            toUnixTimestamp64Milli(time) AS at,
            day AS own,
            tool,
            behaviour,
            scaffold,
            topic,
            position
        FROM learning.events
        WHERE time >= earliest AND time < latest AND toDate32(day) IN days AND scaffold != 'none'
    ),
$joined
    worked AS
    (
        SELECT
            person,
            session AS day,
            max(joined.resolved) AS known,
            argMin(joined.team, joined.at) AS team_then,
            argMin(joined.tenure_band, joined.at) AS tenure_then,
            min(joined.at) AS start,
            max(joined.at) AS until,
            count() AS events,
            arraySort(groupUniqArray(joined.tool)) AS tools,
            arraySort(groupUniqArrayIf(joined.topic, joined.topic != '')) AS topics,
            arraySort(groupArray((joined.at, joined.position, joined.behaviour, joined.scaffold))) AS steps,
            groupArrayIf(joined.at, joined.behaviour = 'search') AS searched,
            maxIf(joined.at, joined.behaviour IN ('read', 'bookmark')) AS found
        FROM joined
        GROUP BY person, begun, session
        HAVING toDate32(day) + 1 IN {periods:Array(Date32)}
    ),
    helped AS
    (
        -- When somebody else helped a person.
        SELECT
            dictGetOrDefault('directory.account_person', 'person', counterpart, counterpart) AS person,
            toUnixTimestamp64Milli(time) AS at
        FROM learning.events AS e
        WHERE time >= earliest AND time < latest AND toDate32(day) IN days
            AND behaviour = 'help' AND counterpart != 0
            AND e.person != dictGetOrDefault('directory.account_person', 'person', counterpart, counterpart)
    )
SELECT
    toDate(toDate32(w.day) + 1) AS period,
    w.day AS day,
    halfMD5(concat(toString(w.person), '/', toString(w.start))) AS id,
    w.person AS person,
    w.known AS resolved,
    w.team_then AS team,
    w.tenure_then AS tenure_band,
    fromUnixTimestamp64Milli(w.start, 'UTC') AS start,
    fromUnixTimestamp64Milli(w.until, 'UTC') AS end,
    w.events AS events,
    w.tools AS tools,
    w.topics AS topics,
    arrayCompact(arrayMap(step -> step.3, w.steps)) AS path,
    arrayDistinct(arrayMap(step -> step.4, w.steps)) AS scaffolds,
    length(w.searched) AS searches,
    -- Help before the session is in none of it, and later than no search.
    arrayCount(search -> search > greatest(w.found, h.at), w.searched) AS searches_without_find
FROM worked AS w
ASOF LEFT JOIN helped AS h ON h.person = w.person AND h.at <= w.until
SETTINGS max_partitions_per_insert_block = 0
