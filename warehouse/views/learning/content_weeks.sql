-- What was done to each object in each week: how many people read it who had not brought it in, and how many teams they
-- are of; how often it was read, saved, passed on and referred to in answers (docs, mart `content`).
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.content_weeks
(
    week Date COMMENT 'Its Monday, by the organisation''s clock',
    object String COMMENT 'The page, answer, file or bookmark, by its IRI',
    tool LowCardinality(String) COMMENT 'Where something was done to it last',
    topic LowCardinality(String) COMMENT 'What it was about then',
    author_team String COMMENT 'The team, on that day, of whoever brought it in; empty where nobody knows it',
    readers UInt64 COMMENT 'People who read it in that week, other than who brought it in',
    teams UInt64 COMMENT 'Teams that these were of',
    reads UInt64 COMMENT 'Times that it was read, by whomever',
    saved UInt64 COMMENT 'Times that it was bookmarked',
    shared UInt64 COMMENT 'Times that it was curated or passed on',
    answers UInt64 COMMENT 'Answers that refer to it'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    w.week AS week,
    w.object AS object,
    l.tool AS tool,
    l.topic AS topic,
    l.author.team AS author_team,
    arrayUniq(arrayMap(one -> one.person, arrayFilter(one -> one.person != l.author.person, w.read))) AS readers,
    arrayUniq(arrayFilter(team -> team != '', arrayMap(one -> one.team, arrayFilter(one -> one.person != l.author.person, w.read)))) AS teams,
    w.reads AS reads,
    w.saved AS saved,
    w.shared AS shared,
    w.answers AS answers
FROM
(
    SELECT
        toMonday(day) AS week,
        object,
        groupArrayArray(r.readers) AS read,
        sum(r.reads) AS reads,
        sum(r.saves) AS saved,
        sum(r.shares) AS shared,
        sum(r.answers) AS answers
    FROM learning.content_day_rows AS r
    GROUP BY week, object
) AS w
INNER JOIN
(
    SELECT
        object,
        argMaxIf(r.tool, day, r.seen IS NOT NULL) AS tool,
        argMaxIf(r.topic, day, r.seen IS NOT NULL) AS topic,
        arraySort(groupArrayArray(r.brought))[1] AS author
    FROM learning.content_day_rows AS r
    GROUP BY object
    HAVING countIf(r.seen IS NOT NULL) > 0
) AS l ON l.object = w.object
