-- What the last run found for a KPI, the surest first, and what it says of each rollout; where nothing was found, in a
-- sentence, of how many links.
WITH
    links AS
    (
        SELECT replaceAll(verdict, {kpi:String}, replaceAll({kpi:String}, '_', ' ')) AS verdict, toString(method) AS method, kind, q
        FROM viewer.links
        WHERE kpi = {kpi:String}
    )
SELECT verdict, kind, method
FROM
(
    SELECT verdict, method, toString(kind) AS kind, transform(kind, ['effect', 'association', 'doubtful'], [1, 2, 3], 4) AS place, q
    FROM links
    WHERE kind IN ('effect', 'association', 'doubtful') OR (kind = 'nothing' AND method IN ('rollout', 'interruption'))
    UNION ALL
    SELECT
        concat(
            'No association was found in ', toString(countIf(kind = 'nothing')), ' of ', toString(count()),
            if(countIf(kind = 'missing') = 0, ' links.', concat(' links; for ', toString(countIf(kind = 'missing')), ' there is too little data.')),
            ' That is no proof that there is none.'),
        '', 'nothing', 5, 1
    FROM links
    HAVING countIf(kind = 'nothing') > 0
    UNION ALL
    SELECT
        concat('Of ', toString(count()), ' links of this KPI nothing can be said yet: below stands what is missing.'),
        '', 'missing', 6, 1
    FROM links
    HAVING count() > 0 AND count() = countIf(kind = 'missing')
)
ORDER BY place, q, method, verdict
LIMIT 12
