-- The weeks, by their Mondays, that begin between two days.
SELECT toString(week) AS key, '' AS topic, '' AS team, '' AS link, week AS began, toInt64(0) AS ended
FROM
(
    SELECT toDate(toMonday({first:Date}) + 7 * number) AS week
    FROM numbers(toUInt64(greatest(dateDiff('week', {first:Date}, {last:Date}), 0)) + 2)
)
WHERE week BETWEEN {first:Date} AND {last:Date}
