-- Each tool and team: the last day (or week) on which enough of the team were seen in it, and what of that is not
-- classified, in the mean of the last four weeks that are told; what is silent longest first.
WITH
$coverage
SELECT
    s.tool AS tool,
    s.team AS team,
    concat(if(newest.2 = 'day', '', 'week to '), trimLeft(formatDateTime(newest.1, '%e %b'))) AS last,
    toInt64(greatest(0, as_of - newest.1)) AS silent,
    q.unclassified AS unclassified
FROM seen AS s
LEFT JOIN
(
    SELECT tool, team, toNullable(round(avg(c.unclassified))) AS unclassified
    FROM
    (
        SELECT tool, team, week, unclassified
        FROM viewer.coverage_shares
        WHERE tool != '' AND team != '' AND week <= as_of
        ORDER BY week DESC
        LIMIT 4 BY tool, team
    ) AS c
    GROUP BY tool, team
) AS q ON q.tool = s.tool AND q.team = s.team
WHERE s.team NOT IN ('', 'Other')
ORDER BY silent DESC, tool, team
LIMIT 300
