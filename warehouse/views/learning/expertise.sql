-- Who knows what, as of the last day until today on which anything showed it: a score that halves in 90 days
-- (learning.expertise_days says of what), the rank in the topic, and whom the person helped in the 90 days until then
-- by answers, reviews and coaching (learning.flows). For another date, see docs/decisions/expertise.md.
-- identity: pseudonym (person)
CREATE OR REPLACE VIEW learning.expertise
(
    as_of Date COMMENT 'The day at whose end the scores stand',
    topic LowCardinality(String) COMMENT 'What it is about, as the organisation groups it',
    rank UInt64 COMMENT 'By score within the topic; who has the same score has the same rank',
    person UInt64 COMMENT 'Who knows: the person where known, else the account',
    team String COMMENT 'The team of that person on that day; empty where nobody knows it',
    score Float64 COMMENT 'Points, each halved for every 90 days since it was earned',
    score_before Float64 COMMENT 'The score as of 28 days before',
    trend Float64 COMMENT 'The score now, less the one before',
    people_helped UInt64 COMMENT 'Different people helped in the topic in the last 90 days',
    teams_helped UInt64 COMMENT 'Different teams that these were in',
    last_day Date COMMENT 'The last day on which anything showed it'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT time_zone FROM viewer.settings), '') AS chosen_zone,
    toDate(now(), if(chosen_zone = '', 'UTC', chosen_zone)) AS today,
    ifNull((SELECT max(day) FROM learning.expertise_rows WHERE day <= today), toDate(0)) AS last
SELECT
    last AS as_of,
    k.topic AS topic,
    rank() OVER (PARTITION BY k.topic ORDER BY k.score DESC) AS rank,
    k.person AS person,
    dictGetOrDefault('directory.person_team', 'team', k.person, toDate32(last), '') AS team,
    k.score AS score,
    k.score_before AS score_before,
    round(k.score - k.score_before, 6) AS trend,
    h.people AS people_helped,
    h.teams AS teams_helped,
    k.last_day AS last_day
FROM
(
    SELECT
        topic,
        person,
        round(sum(points * exp2((toInt32(day) - toInt32(last)) / 90)), 6) AS score,
        round(sumIf(points * exp2((toInt32(day) - toInt32(last) + 28) / 90), toInt32(day) <= toInt32(last) - 28), 6) AS score_before,
        max(day) AS last_day
    FROM learning.expertise_days
    WHERE day <= last
    GROUP BY topic, person
) AS k
LEFT JOIN
(
    SELECT topic, from_person AS person, uniqExact(to_person) AS people, uniqExactIf(to_team, to_team != '') AS teams
    FROM learning.flow_rows
    WHERE day <= last AND toInt32(day) > toInt32(last) - 90 AND kind IN ('answer', 'review', 'coaching')
    GROUP BY topic, person
) AS h ON h.topic = k.topic AND h.person = k.person
