-- Who knows a topic ('' is every one), of those who agreed to be named for it, and how many others do.
SELECT
    t.topic AS topic,
    e.rank AS rank,
    e.name AS name,
    if(t.others = 0, 'few or none', concat(toString(t.others), ' or more')) AS others
FROM viewer.expert_topics AS t
LEFT JOIN viewer.experts AS e ON e.topic = t.topic
WHERE {topic:String} = '' OR lowerUTF8(t.topic) = lowerUTF8({topic:String})
ORDER BY topic, rank, name
