-- Topics with the people who agreed to be named for them, best first, and how many others know them.
SELECT
    t.topic AS topic,
    concat(
        arrayStringConcat(arraySlice(arrayMap(one -> one.2, arraySort(groupArrayIf((e.rank, e.name), e.name != ''))), 1, 6), ', '),
        if(any(t.named) > 6, concat(' and ', toString(any(t.named) - 6), ' more'), '')) AS names,
    if(any(t.others) = 0, 'few or none', concat(toString(any(t.others)), ' or more')) AS others
FROM viewer.expert_topics AS t
LEFT JOIN viewer.experts AS e ON e.topic = t.topic
GROUP BY topic
ORDER BY names = '', topic
LIMIT 100
