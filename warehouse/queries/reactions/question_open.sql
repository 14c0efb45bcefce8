-- Questions that were asked on these days, and when somebody answered, or an answer was accepted, first; and by whose clocks
-- the asker lives, where these are not the organisation's.
-- identity: the zone of the asker, which goes into no message
SELECT
    toString(id) AS case,
    topic,
    if(team IN (SELECT team FROM viewer.teams), team, '') AS team,
    object AS link,
    toUnixTimestamp64Milli(asked) AS began,
    arrayMin(arrayMap(at -> toUnixTimestamp64Milli(assumeNotNull(at)), arrayFilter(at -> isNotNull(at), [answered, accepted]))) AS ended,
    dictGetOrDefault('directory.person_zone', 'zone', asker, '') AS zone
FROM learning.question_rows
WHERE day BETWEEN {first:Date} AND {last:Date}
