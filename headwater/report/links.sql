-- What the last run found, the surest first.
SELECT
    toString(l.method) AS method,
    toString(l.kpi) AS kpi,
    toString(l.unit) AS unit,
    toString(l.behaviour) AS behaviour,
    toString(l.kind) AS kind,
    l.more AS more,
    l.estimate AS estimate,
    l.low AS low,
    l.high AS high,
    l.p AS p,
    l.q AS q,
    l.family AS family,
    l.lag AS lag,
    l.n AS n,
    l.clusters AS clusters,
    l.weeks AS weeks,
    l.detectable AS detectable,
    l.placebo_p AS placebo_p,
    l.lacks AS lacks,
    arrayMap(point -> (toInt32(point.at), point.estimate, point.low, point.high), l.profile) AS profile,
    l.verdict AS verdict,
    l.since AS since,
    l.until AS until,
    l.at AS at
FROM viewer.links AS l
ORDER BY
    transform(kind, ['effect', 'association', 'doubtful', 'nothing'], [1, 2, 3, 4], 5),
    transform(method, ['rollout', 'interruption', 'panel', 'lags'], [1, 2, 3, 4], 5),
    kpi, ifNull(q, 2), behaviour
