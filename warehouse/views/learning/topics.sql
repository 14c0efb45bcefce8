-- What is done in each topic, by the weeks in which anything is (docs, marts `topics`, `questions` and `expertise`).
-- Experts are people with a score of 6 or more in the topic at the week's end, which is three helps of these days. The
-- bus factor is the fewest people who hold half of all scores in the topic then; 0 where nobody has any.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.topics
(
    week Date COMMENT 'The Monday of the week, by the organisation''s clock',
    topic LowCardinality(String) COMMENT 'What it is about, as the organisation groups it',
    new Bool COMMENT 'Whether it is the first week in which anything was done in it',
    events UInt64 COMMENT 'Learning events of the week',
    people UInt64 COMMENT 'Different people who did them',
    askers UInt64 COMMENT 'Those who asked',
    helpers UInt64 COMMENT 'Those who helped or whose answer was accepted',
    experts UInt64 COMMENT 'People with a score of 6 or more at the end of the week',
    bus_factor UInt64 COMMENT 'The fewest people who hold half of the scores at the end of the week',
    questions UInt64 COMMENT 'Questions asked in the week',
    unanswered UInt64 COMMENT 'Those of them that are open still',
    answer_hours Nullable(Float64) COMMENT 'Hours until somebody else answered them first: the median of those answered'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    -- Scores are compared within a topic and a week, so that all of them may be counted from one day.
    toDate('2020-01-01') AS origin,
    done AS
    (
        SELECT
            toMonday(day) AS week,
            topic,
            sum(topic_rows.events) AS events,
            uniqExactArray(topic_rows.people) AS people,
            uniqExactArray(topic_rows.askers) AS askers,
            uniqExactArray(topic_rows.helpers) AS helpers
        FROM learning.topic_rows
        GROUP BY week, topic
    ),
    firsts AS (SELECT topic, toMonday(min(day)) AS week FROM learning.topic_rows GROUP BY topic),
    known AS
    (
        SELECT
            topic,
            person,
            week,
            sum(earned) OVER (PARTITION BY topic, person ORDER BY week ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS grown
        FROM
        (
            SELECT topic, person, toMonday(day) AS week, sum(points * exp2((toInt32(day) - toInt32(origin)) / 90)) AS earned
            FROM learning.expertise_days
            GROUP BY topic, person, week
        )
    ),
    held AS
    (
        SELECT
            w.topic AS topic,
            w.week AS week,
            arrayReverseSort(groupArray(k.grown)) AS grown,
            arrayCumSum(grown) AS together,
            countIf(k.grown * exp2((toInt32(origin) - toInt32(w.week) - 6) / 90) >= 6 - 1e-9) AS experts,
            arrayFirstIndex(sum -> sum >= arraySum(grown) / 2 * (1 - 1e-12), together) AS bus_factor
        FROM
        (
            SELECT done.topic AS topic, done.week AS week, p.person AS person
            FROM done
            INNER JOIN (SELECT DISTINCT topic, person FROM learning.expertise_rows) AS p ON p.topic = done.topic
        ) AS w
        ASOF INNER JOIN known AS k ON k.topic = w.topic AND k.person = w.person AND k.week <= w.week
        GROUP BY topic, week
    ),
    asked AS
    (
        SELECT
            toMonday(day) AS week,
            topic,
            count() AS questions,
            countIf(isNull(answered) AND isNull(accepted)) AS unanswered,
            quantileExactInclusiveOrNullIf(0.5)((toUnixTimestamp64Milli(ifNull(answered, question_rows.asked)) - toUnixTimestamp64Milli(question_rows.asked)) / 3600000, isNotNull(answered)) AS answer_hours
        FROM learning.question_rows
        GROUP BY week, topic
    )
SELECT
    d.week AS week,
    d.topic AS topic,
    d.week = f.week AS new,
    d.events AS events,
    d.people AS people,
    d.askers AS askers,
    d.helpers AS helpers,
    h.experts AS experts,
    h.bus_factor AS bus_factor,
    q.questions AS questions,
    q.unanswered AS unanswered,
    q.answer_hours AS answer_hours
FROM done AS d
INNER JOIN firsts AS f ON f.topic = d.topic
LEFT JOIN held AS h ON h.topic = d.topic AND h.week = d.week
LEFT JOIN asked AS q ON q.topic = d.topic AND q.week = d.week
