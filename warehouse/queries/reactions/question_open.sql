-- Questions that were asked on these days, and when somebody answered, or an answer was accepted, first.
SELECT
    toString(id) AS case,
    topic,
    if(team IN (SELECT team FROM viewer.teams), team, '') AS team,
    object AS link,
    toUnixTimestamp64Milli(asked) AS began,
    arrayMin(arrayMap(at -> toUnixTimestamp64Milli(assumeNotNull(at)), arrayFilter(at -> isNotNull(at), [answered, accepted]))) AS ended
FROM learning.question_rows
WHERE day BETWEEN {first:Date} AND {last:Date}
