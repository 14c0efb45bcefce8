-- What to look at, what is broken first: connections that cannot be read, tools and teams of which nothing came, what
-- cannot be placed, questions that nobody answered. Each with the board that says more.
WITH
$last_full_week,
    least(toDate(now(), zone), toDate({until:DateTime} - 1, zone)) AS as_of
SELECT what, why, board
FROM
(
    SELECT
        0 AS place, toFloat64(1) AS size,
        concat(toString(connection), ' is not read: ', failing) AS what,
        'what it has is missing in every figure' AS why,
        'pipeline' AS board
    FROM viewer.connections
    WHERE failing != ''
    UNION ALL
    SELECT
        1, toFloat64(silent),
        concat(tool, ' is silent for ', toString(silent), ' days'),
        concat('no day since then on which enough people of a team were seen in it, in the 26 weeks up to ', trimLeft(formatDateTime(as_of, '%e %b'))),
        'coverage'
    FROM
    (
        SELECT
            tool,
            dateDiff('day', max(if(grain = 'day', toDate(start, zone), least(week + 6, as_of))), as_of) AS silent
        FROM viewer.coverage
        WHERE tool != '' AND week >= as_of - 26 * 7 AND week <= as_of AND toDate(start, zone) <= as_of
        GROUP BY tool
    )
    WHERE silent >= 14
    UNION ALL
    SELECT
        2, toFloat64(0),
        concat(team, ': nothing that enough people did in the week of ', week_words),
        if(last.1 = '', 'nor in any week before', concat('last told of the week of ', last.2)),
        'coverage'
    FROM
    (
        SELECT
            team,
            (
                SELECT groupArray((team, week)) FROM viewer.team_activity WHERE week <= last_week
            ) AS weeks,
            arrayMax(arrayMap(one -> one.2, arrayFilter(one -> one.1 = team, weeks))) AS newest,
            (if(has(weeks.1, team), team, ''), trimLeft(formatDateTime(newest, '%e %b %Y'))) AS last
        FROM viewer.teams
        WHERE (SELECT count() FROM viewer.team_activity WHERE week = last_week) > 0
    )
    WHERE last.1 = '' OR newest < last_week
    UNION ALL
    SELECT
        3, toFloat64(percent),
        concat(toString(percent), ' % of the events ', words),
        concat('in the week of ', week_words),
        'coverage'
    FROM
    (
        SELECT one.1 AS percent, one.2 AS words
        FROM viewer.quality
        ARRAY JOIN [(unclassified, 'are not classified'), (unresolved, 'are of accounts that nobody is known for')] AS one
        WHERE week = last_week
    )
    WHERE percent >= 5
    UNION ALL
    SELECT
        4, toFloat64(open),
        concat(toString(open), ' of ', toString(asked), ' questions are not answered'),
        concat('asked in the four weeks up to that of ', week_words, if(untold = 0, '', concat('; of ', toString(untold), ' more it cannot be told'))),
        'know_how'
    FROM
    (
        SELECT sumIf(q.questions, outcome = 'open') AS open, sumIf(q.questions, outcome = '') AS untold, sum(q.questions) - untold AS asked
        FROM viewer.questions AS q
        WHERE week > last_week - 28 AND week <= last_week
    )
    WHERE open > 0
    UNION ALL
    SELECT
        6, toFloat64(0),
        'Nothing is told of questions',
        concat('no week of the four up to that of ', week_words, ' has a figure of enough people'),
        'know_how'
    WHERE (SELECT count() FROM viewer.questions WHERE week > last_week - 28 AND week <= last_week) = 0
        AND (SELECT count() FROM viewer.activity WHERE week > last_week - 28 AND week <= last_week) > 0
    UNION ALL
    SELECT
        5, toFloat64(open),
        concat(toString(open), ' of ', toString(asked), ' questions about ', topic, ' are not answered'),
        concat('asked in the four weeks up to that of ', week_words),
        'know_how'
    FROM
    (
        SELECT topic, sumIf(t.questions, outcome = 'open') AS open, sumIf(t.questions, outcome != '') AS asked
        FROM viewer.question_topics AS t
        WHERE topic != '' AND week > last_week - 28 AND week <= last_week
        GROUP BY topic
        HAVING open > 0
        ORDER BY open DESC, topic
        LIMIT 3
    )
)
ORDER BY place, size DESC, what
LIMIT 12
