-- Three sentences: what changed most in the last full week against the mean of the four before it, one of each kind, by
-- how many times more it is than chance alone would move it; where fewer can be compared, what is missing.
-- A kind's `n` of `whole` is a share, or so many of so many people; `beside` is told with it. What all rows share is
-- computed in a subquery: the engine analyses a named expression again wherever its name stands.
WITH
$last_full_week,
    (
        SELECT groupArray((kind, subject, week, toFloat64(n), toFloat64(whole), toFloat64(beside)))
        FROM
        (
            SELECT 'scaffold' AS kind, scaffold AS subject, week, events AS n, sum(events) OVER (PARTITION BY week) AS whole, 0 AS beside
            FROM
            (
                SELECT toString(a.scaffold) AS scaffold, a.week AS week, sum(a.events) AS events
                FROM viewer.activity AS a
                WHERE a.scaffold IN ('discovery', 'practice', 'sharing', 'reinforcement') AND a.week >= first_week AND a.week <= last_week
                GROUP BY scaffold, week
            )
            UNION ALL
            SELECT if(asked.3 = 0, 'team', 'asking') AS kind, t.team, t.week, if(asked.3 = 0, t.discovery, asked.3), s.people, t.sharing
            FROM
            (
                SELECT
                    team,
                    week,
                    sumIf(events, scaffold = 'discovery') AS discovery,
                    sumIf(events, scaffold = 'sharing') AS sharing,
                    (
                        SELECT groupArray((team, week, toUInt64(questions)))
                        FROM (SELECT team, week, sum(q.questions) AS questions FROM viewer.question_teams AS q GROUP BY team, week)
                    ) AS questions,
                    -- As a team that looks up and shares, and where it is told too, as one that asks and shares.
                    arrayJoin(arrayConcat([(team, week, toUInt64(0))], arrayFilter(one -> one.1 = team AND one.2 = week, questions))) AS asked
                FROM viewer.team_activity
                WHERE week >= first_week AND week <= last_week
                GROUP BY team, week
            ) AS t
            INNER JOIN viewer.team_sizes AS s ON s.team = t.team
            WHERE toDate32(t.week + 6) BETWEEN s.from AND s.until AND t.sharing > 0 AND (t.discovery > 0 OR asked.3 > 0)
            UNION ALL
            SELECT 'answers', '', q.week, sumIf(q.questions, outcome IN ('hour', 'day')), sum(q.questions), 0
            FROM viewer.questions AS q
            WHERE outcome != ''
            GROUP BY q.week
            UNION ALL
            SELECT 'flows', '', f.week, sum(f.flows), 1, 0
            FROM viewer.flows AS f
            GROUP BY f.week
            UNION ALL
            SELECT 'needs', '', e.week, sumIf(e.episodes, furthest IN ('applied', 'shared')), sum(e.episodes), 0
            FROM viewer.episodes AS e
            WHERE furthest != ''
            GROUP BY e.week
        )
        WHERE week >= first_week AND week <= last_week
    ) AS cells,
    (
        SELECT groupArray((kind, subject, moved, n, before, whole, whole_before, beside, beside_before))
        FROM
        (
            SELECT
                cell.1 AS kind,
                cell.2 AS subject,
                sumIf(cell.4, cell.3 = last_week) AS n,
                sumIf(cell.4, cell.3 < last_week) AS before,
                sumIf(cell.5, cell.3 = last_week) AS whole,
                sumIf(cell.5, cell.3 < last_week) AS whole_before,
                sumIf(cell.6, cell.3 = last_week) AS beside,
                sumIf(cell.6, cell.3 < last_week) AS beside_before,
                before / whole_before AS mean,
                (n + before) / (whole + whole_before) AS pooled,
                -- How far it is from what the four weeks before give, in what chance alone would move it.
                abs(n - mean * whole) / sqrt(if(kind IN ('scaffold', 'answers', 'needs'), pooled * (1 - pooled), mean) * whole * (1 + whole / whole_before)) AS moved
            FROM (SELECT arrayJoin(cells) AS cell)
            GROUP BY kind, subject
            HAVING uniqExact(cell.3) = 5 AND isFinite(moved) AND before >= 40 AND n > 0
            ORDER BY moved DESC, kind, subject
            LIMIT 1 BY kind
        )
    ) AS told
SELECT sentence, base, board
FROM
(
    SELECT
        arrayJoin(['scaffold', 'team', 'asking', 'answers', 'flows', 'needs']) AS kind,
        arrayFirst(one -> one.1 = kind, told) AS found,
        found.2 AS subject,
        found.3 AS moved,
        found.4 AS n,
        found.5 / found.7 AS mean,
        found.6 AS whole,
        found.7 AS whole_before,
        length(arrayDistinct(arrayMap(one -> one.3, arrayFilter(one -> one.1 = kind, cells)))) AS weeks,
        round(100 * n / whole) AS percent,
        round(100 * mean) AS percent_before,
        percent - percent_before AS points,
        round(100 * (n / (mean * whole) - 1)) AS more,
        round(100 * (found.8 / (found.9 * whole / whole_before) - 1)) AS more_beside,
        concat(toString(abs(more)), ' % ', if(more > 0, 'more', 'less')) AS more_words,
        if(
            points = 0,
            'as in the four weeks before',
            concat(toString(abs(points)), if(abs(points) = 1, ' point ', ' points '), if(points > 0, 'more', 'less'), ' than in the four weeks before')) AS share_words,
        if(abs(more_beside) < 5, 'unchanged', concat(toString(abs(more_beside)), ' % ', if(more_beside > 0, 'more', 'less'))) AS beside_words,
        multiIf(
            found.1 = '', concat('Nothing is said of ', transform(kind, ['scaffold', 'team', 'asking', 'answers', 'flows', 'needs'], ['the scaffolds', 'teams', 'who asks', 'answers', 'flows between people', 'how far needs go'], '')),
            kind = 'scaffold', concat(upper(substring(subject, 1, 1)), substring(subject, 2), ' ', toString(percent), ' %, ', share_words),
            kind = 'team', concat(subject, ' finds and looks up ', if(more = 0, 'as much', more_words), ' a head, sharing ', beside_words),
            kind = 'asking', concat(subject, ' asks ', if(more = 0, 'as much', more_words), ' a head, sharing ', beside_words),
            kind = 'answers', concat('Answered within a day: ', toString(percent), ' % of the questions, ', share_words),
            kind = 'flows', concat('Knowledge goes from person to person ', if(more = 0, 'as often as in the four weeks before', concat(more_words, ' often'))),
            concat('Applied or shared: ', toString(percent), ' % of what people look for, ', share_words)) AS sentence,
        multiIf(
            found.1 = '' AND weeks < 5, concat(toString(weeks), ' of the five weeks up to that of ', week_words, ' are told of enough people: it takes all five'),
            found.1 = '', 'there is too little of it in the five weeks, or no group is named in all of them',
            kind IN ('scaffold', 'answers', 'needs'), concat(
                toString(n), ' of ', toString(whole), transform(kind, ['scaffold', 'answers'], [' learning events', ' questions'], ' needs'), ' in the week of ', week_words, '; ',
                toString(percent_before), ' % of ', toString(whole_before), ' in the four weeks before'),
            kind = 'flows', concat(toString(n), ' times in the week of ', week_words, '; ', toString(round(mean)), ' a week in the four weeks before'),
            concat(
                toString(n), if(kind = 'team', ' events of discovery', ' questions'), ' of ', toString(whole), ' people, ', toString(round(n / whole, 1)), ' a head, in the week of ', week_words, '; ',
                toString(round(mean, 1)), ' a head and week in the four weeks before')) AS base,
        transform(kind, ['asking', 'answers', 'flows', 'needs'], ['know_how', 'know_how', 'know_who', 'scaffolding'], 'learning') AS board
    FROM (SELECT 1)
)
WHERE notEmpty(cells)
ORDER BY found.1 = '', moved DESC, kind
LIMIT 3
