-- Each tool: when it last told of anybody, for how long it is silent, of how many of the teams that may be named, and
-- what of it is not known, in the mean of the last four weeks that are told.
WITH
$coverage
SELECT
    s.tool AS tool,
    trimLeft(formatDateTime(minIf(newest.1, team = ''), '%e %b')) AS last,
    toInt64(greatest(0, as_of - minIf(newest.1, team = ''))) AS silent,
    countIf(team NOT IN ('', 'Other')) AS teams,
    any(k.known) AS known,
    any(q.unresolved) AS unresolved,
    any(q.unclassified) AS unclassified
FROM seen AS s
LEFT JOIN
(
    SELECT tool, toNullable(round(avg(c.unresolved))) AS unresolved, toNullable(round(avg(c.unclassified))) AS unclassified
    FROM
    (
        SELECT tool, week, unresolved, unclassified
        FROM viewer.coverage_shares
        WHERE tool != '' AND team = '' AND week <= as_of
        ORDER BY week DESC
        LIMIT 4 BY tool
    ) AS c
    GROUP BY tool
) AS q ON q.tool = s.tool
LEFT JOIN
(
    SELECT tool, argMax(toNullable(share), week) AS known
    FROM viewer.accounts
    WHERE week <= as_of
    GROUP BY tool
) AS k ON k.tool = s.tool
GROUP BY s.tool
ORDER BY silent DESC, tool
