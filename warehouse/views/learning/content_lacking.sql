-- What is answered over and over and stands nowhere: topics with three questions and more that were answered in the 90
-- days that end with `as_of` (the last day with anything, and no later than today), on which nobody was ever seen to
-- record anything but answers (docs, marts `content` and `questions`).
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.content_lacking
(
    topic LowCardinality(String) COMMENT 'What was asked about',
    answered UInt64 COMMENT 'Questions of these days that were answered',
    asked UInt64 COMMENT 'All of them',
    askers UInt64 COMMENT 'People who asked',
    answerers UInt64 COMMENT 'Different people who answered first, or whose answer was accepted',
    median_hours Nullable(Float64) COMMENT 'Hours until the first answer, the median of those that have one',
    saved UInt64 COMMENT 'Times that something of the topic was bookmarked',
    as_of Date COMMENT 'The last of these days'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    3 AS enough_answered,
    90 AS recent_days,
    ifNull((SELECT time_zone FROM viewer.settings), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS zone,
    greatest(
        ifNull((SELECT maxOrNull(day) FROM learning.content_day_rows WHERE day <= toDate(now(), zone)), toDate('1970-01-01')),
        ifNull((SELECT maxOrNull(day) FROM learning.question_rows WHERE day <= toDate(now(), zone)), toDate('1970-01-01'))) AS last_day
SELECT
    q.topic AS topic,
    countIf(q.answered IS NOT NULL OR q.accepted IS NOT NULL) AS answered,
    count() AS asked,
    uniqExact(q.asker) AS askers,
    length(arrayFilter(one -> one != 0, groupUniqArray(ifNull(q.accepted_answerer, ifNull(q.answerer, 0))))) AS answerers,
    if(
        countIf(q.answered IS NOT NULL) = 0,
        NULL,
        quantileExactInclusiveIf(0.5)((toUnixTimestamp64Milli(ifNull(q.answered, q.asked)) - toUnixTimestamp64Milli(q.asked)) / 3600000, q.answered IS NOT NULL)) AS median_hours,
    any(c.saved) AS saved,
    last_day AS as_of
FROM learning.question_rows AS q
LEFT JOIN
(
    SELECT topic, sum(r.saves) AS saved, sum(r.records - r.answers_recorded) AS pages
    FROM learning.content_day_rows AS r
    GROUP BY topic
) AS c ON c.topic = q.topic
WHERE q.topic != '' AND q.day > last_day - recent_days AND q.day <= last_day AND c.pages = 0
GROUP BY q.topic
HAVING answered >= enough_answered
