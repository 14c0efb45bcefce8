-- The questions of a week, together where nothing tells them apart, each with who asked and who answered it first.
WITH (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    toMonday(day) AS period,
    toUnixTimestamp(toDateTime(period, zone)) AS begins,
    asker AS person,
    first.2 AS answerer,
    toString(team) AS team,
    toString(first.3) AS answering_team,
    toString(topic) AS topic,
    multiIf(
        answerer = 0, 'open',
        dateDiff('second', asked, first.1) <= 3600, 'hour',
        dateDiff('second', asked, first.1) <= 86400, 'day',
        dateDiff('second', asked, first.1) <= 604800, 'week',
        'later') AS outcome,
    count() AS events
FROM
(
    SELECT
        day, asked, asker, team, topic,
        -- When, by whom and of which team the first answer was, be it the accepted one.
        arraySort(arrayFilter(
            one -> one.2 != 0,
            [
                (ifNull(answered, asked), ifNull(answerer, 0), toString(answerer_team)),
                (ifNull(accepted, asked), ifNull(accepted_answerer, 0), toString(accepted_team))
            ]))[1] AS first
    FROM
    (
$asked
    )
)
GROUP BY ALL
ORDER BY ALL
