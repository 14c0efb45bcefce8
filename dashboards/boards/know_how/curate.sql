-- What was read on each topic in the weeks of the range, what most needs keeping up first.
WITH {zone:String} AS zone
SELECT
    topic,
    sum(c.readings) AS readings,
    round(100 * sumIf(c.readings, state = 'stale') / readings) AS stale,
    round(100 * sumIf(c.readings, state = 'orphaned') / readings) AS orphaned,
    round(100 * sumIf(c.readings, state = 'rising') / readings) AS rising,
    round(100 * sumIf(c.readings, state = 'unseen') / readings) AS unseen,
    round(100 * sumIf(c.readings, state = '') / readings) AS untold
FROM viewer.content_topics AS c
WHERE $weeks_of_range
GROUP BY topic
ORDER BY topic = '', sumIf(c.readings, state IN ('stale', 'orphaned')) DESC, readings DESC, topic
LIMIT 50
