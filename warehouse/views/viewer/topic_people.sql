-- How many people know each topic, by week (streams/marts/published_topics): `people` showed it in the 13 weeks that end
-- with it, `half` are the fewest of them who did half of it. Both are down to a multiple of the minimum group; a `half` of
-- 0 is fewer.
-- identity: none (people, down to a multiple of the minimum group)
CREATE OR REPLACE VIEW viewer.topic_people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, topic, people, half
FROM published.topic_people_rows
