-- Each page, answer, file and bookmark with its life until `as_of`, the last day with anything, and no later than today
-- (docs, mart `content`). It is read by enough people where five did in the last four weeks. *Rising* is what is, and
-- by half as many again as in the four weeks before. *Stale* is what is, and was not edited for 180 days. *Orphaned* is
-- what somebody wrote, where all whom the directory knows of those who wrote or edited it have left.
-- identity: pseudonym (author)
CREATE OR REPLACE VIEW learning.content
(
    object String COMMENT 'The page, answer, file or bookmark, by its IRI',
    object_type LowCardinality(String) COMMENT 'The type of that',
    tool LowCardinality(String) COMMENT 'Where something was done to it last',
    topic LowCardinality(String) COMMENT 'What it was about then',
    author UInt64 COMMENT 'Who brought it in: who recorded it first, else who curated, else who bookmarked it first; 0 where nobody was seen to',
    author_team String COMMENT 'Their team on that day; empty where nobody knows it',
    seen DateTime64(3, 'UTC') COMMENT 'The first that was done to it',
    written Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was brought in; NULL where it was there before anybody watched',
    edited Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was written or edited last; NULL where nobody was seen to',
    readers UInt64 COMMENT 'People who read it, other than the author',
    teams UInt64 COMMENT 'Teams that these were of',
    seconds_to_5_readers Nullable(Float64) COMMENT 'Seconds from `written` until five of them had read it',
    seconds_to_3_teams Nullable(Float64) COMMENT 'Seconds from `written` until people of three teams had',
    reads UInt64 COMMENT 'Times that it was read, by whomever',
    saved UInt64 COMMENT 'Times that it was bookmarked',
    shared UInt64 COMMENT 'Times that it was curated or passed on',
    answers UInt64 COMMENT 'Answers that refer to it',
    as_of Date COMMENT 'The day as of which the rest holds',
    readers_4_weeks UInt64 COMMENT 'Readers in the four weeks that end with that day',
    readers_before UInt64 COMMENT 'Readers in the four weeks before',
    rising UInt8 COMMENT 'Whether it is read by ever more',
    stale UInt8 COMMENT 'Whether it is read and not kept up',
    orphaned UInt8 COMMENT 'Whether nobody is left of those who wrote it'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    28 AS recent_days,
    5 AS enough_readers,
    1.5 AS rising_by,
    180 AS stale_days,
    ifNull((SELECT time_zone FROM viewer.settings), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS zone,
    ifNull((SELECT maxOrNull(day) FROM learning.content_day_rows WHERE day <= toDate(now(), zone)), toDate('1970-01-01')) AS last_day,
    (
        -- Who was in a team, and is in none any more.
        SELECT groupUniqArray(person)
        FROM (SELECT person, max(until) AS until FROM directory.memberships GROUP BY person)
        WHERE until < toDate32(last_day)
    ) AS gone,
    (SELECT groupUniqArray(person) FROM directory.memberships WHERE until >= toDate32(last_day)) AS there,
    lives AS
    (
        SELECT
            object,
            argMaxIf(r.object_type, day, r.seen IS NOT NULL) AS object_type,
            argMaxIf(r.tool, day, r.seen IS NOT NULL) AS tool,
            argMaxIf(r.topic, day, r.seen IS NOT NULL) AS topic,
            arraySort(groupArrayArray(r.brought))[1] AS first,
            min(r.seen) AS seen,
            max(r.edited) AS edited,
            arraySort(one -> (one.time, one.person), arrayFilter(one -> one.person != first.person, groupArrayArray(r.readers))) AS others,
            arrayFilter((one, nth) -> nth = 1, others, arrayEnumerateUniq(others.person)) AS firsts,
            arrayFilter(one -> one.team != '', others) AS of_teams,
            arrayFilter((one, nth) -> nth = 1, of_teams, arrayEnumerateUniq(of_teams.team)) AS firsts_of_teams,
            groupUniqArrayArray(r.recorders) AS recorders,
            sum(r.reads) AS reads,
            sum(r.saves) AS saved,
            sum(r.shares) AS shared,
            sum(r.answers) AS answers
        FROM learning.content_day_rows AS r
        WHERE day <= last_day
        GROUP BY object
        HAVING countIf(r.seen IS NOT NULL) > 0
    )
SELECT
    object,
    object_type,
    tool,
    topic,
    first.person AS author,
    first.team AS author_team,
    assumeNotNull(lives.seen) AS seen,
    if(first.person = 0 OR first.edit, NULL, first.time) AS written,
    lives.edited AS edited,
    length(firsts) AS readers,
    length(firsts_of_teams) AS teams,
    if(readers < 5 OR written IS NULL, NULL, greatest(toUnixTimestamp64Milli(firsts[5].time) - toUnixTimestamp64Milli(first.time), 0) / 1000) AS seconds_to_5_readers,
    if(teams < 3 OR written IS NULL, NULL, greatest(toUnixTimestamp64Milli(firsts_of_teams[3].time) - toUnixTimestamp64Milli(first.time), 0) / 1000) AS seconds_to_3_teams,
    reads,
    saved,
    shared,
    answers,
    last_day AS as_of,
    arrayUniq(arrayMap(one -> one.person, arrayFilter(one -> toDate(one.time, zone) > last_day - recent_days, others))) AS readers_4_weeks,
    arrayUniq(arrayMap(one -> one.person, arrayFilter(one -> toDate(one.time, zone) > last_day - 2 * recent_days AND toDate(one.time, zone) <= last_day - recent_days, others))) AS readers_before,
    readers_4_weeks >= enough_readers AND readers_4_weeks >= rising_by * readers_before AS rising,
    readers_4_weeks >= enough_readers AND toDate(ifNull(lives.edited, assumeNotNull(lives.seen)), zone) <= last_day - stale_days AS stale,
    hasAny(recorders, gone) AND NOT hasAny(recorders, there) AS orphaned
FROM lives
