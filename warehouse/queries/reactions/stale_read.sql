-- Pages that were read so many times since they were stale, which is as learning.content has it: not edited for 180
-- days, and read by five others in the four weeks until then. An edit ends that; each edit may begin it anew.
WITH
    180 AS stale_days,
    28 AS recent_days,
    5 AS enough_readers,
    lives AS
    (
        SELECT
            r.object AS object,
            argMaxIf(r.topic, r.day, r.seen IS NOT NULL) AS topic,
            arraySort(groupArrayArray(r.brought))[1].person AS author,
            arraySort(groupUniqArrayIf(r.day, r.edited IS NOT NULL)) AS edits,
            minIf(r.day, r.seen IS NOT NULL) AS seen,
            if(empty(edits), [seen], edits) AS starts,
            arraySort(groupArrayIf((r.day, r.reads, arrayMap(one -> one.person, r.readers)), r.reads > 0)) AS days
        FROM learning.content_day_rows AS r
        GROUP BY r.object
        HAVING sum(r.reads) >= {amount:UInt32} AND maxIf(r.day, r.reads > 0) >= {first:Date}
    )
SELECT
    concat(object, '/', toString(since)) AS case,
    topic,
    '' AS team,
    object AS link,
    reached AS began,
    toInt64(0) AS ended
FROM
(
    SELECT
        object,
        topic,
        arrayJoin(arrayZip(starts, arrayPushBack(arrayPopFront(starts), toDate('2149-06-06')))) AS life,
        life.1 AS since,
        arrayFilter(one -> one.1 >= since AND one.1 < life.2, days) AS read,
        arrayFirst(
            one -> one.1 >= since + stale_days
                AND length(arrayFilter(
                    who -> who != author,
                    arrayDistinct(arrayFlatten(arrayMap(
                        other -> other.3,
                        arrayFilter(other -> other.1 > one.1 - recent_days AND other.1 <= one.1, days)))))) >= enough_readers,
            read).1 AS flagged,
        arrayFilter(one -> one.1 > flagged, read) AS after,
        arrayFirstIndex(total -> total >= {amount:UInt32}, arrayCumSum(one -> one.2, after)) AS nth,
        if(nth = 0, toDate(0), after[nth].1) AS reached
    FROM lives
)
WHERE flagged > toDate(0) AND reached BETWEEN {first:Date} AND {last:Date}
