-- Who knows a topic and agreed to be named for it: nobody else is here, and nothing else of them. The rank is among
-- those who are named, so that it tells nothing of the others. Knowing is a score of 6 or more (learning.expertise), as
-- of the last day on which anything showed what somebody knows. Who is in no team any more is not named.
-- identity: personal (display names of people who agreed)
CREATE OR REPLACE VIEW viewer.experts
(
    topic LowCardinality(String) COMMENT 'What it is about, as the organisation groups it',
    rank UInt64 COMMENT 'By what they did lately that shows it, among those who are named',
    name String COMMENT 'The display name in the directory'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT e.topic AS topic, rank() OVER (PARTITION BY e.topic ORDER BY e.score DESC) AS rank, f.name AS name
FROM learning.expertise AS e
INNER JOIN (SELECT person, name FROM vault.findable WHERE findable AND name != '') AS f ON f.person = e.person
WHERE e.score >= 6 AND e.person NOT IN
    (
        SELECT person
        FROM directory.memberships
        GROUP BY person
        HAVING max(until) < toDate32(today())
    )
