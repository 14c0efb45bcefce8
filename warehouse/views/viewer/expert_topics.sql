-- How many people know each topic beside those who are named for it (viewer.experts): down to a multiple of the minimum
-- group, so that 0 is fewer than that, or nobody.
-- identity: none (people, down to a multiple of the minimum group)
CREATE OR REPLACE VIEW viewer.expert_topics
(
    topic LowCardinality(String) COMMENT 'What it is about, as the organisation groups it',
    named UInt64 COMMENT 'People who are named for it',
    others UInt64 COMMENT 'The others, down to a multiple of the minimum group'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH greatest(5, ifNull((SELECT minimum_group FROM viewer.settings), 5)) AS k
SELECT
    known.topic AS topic,
    ifNull(n.named, 0) AS named,
    toUInt64(intDiv(greatest(known.people - named, 0), k) * k) AS others
FROM (SELECT topic, toInt64(count()) AS people FROM learning.expertise WHERE score >= 6 GROUP BY topic) AS known
LEFT JOIN (SELECT topic, count() AS named FROM viewer.experts GROUP BY topic) AS n ON n.topic = known.topic
WHERE named > 0 OR others > 0
