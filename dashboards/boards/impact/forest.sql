-- By behaviour the panel's estimate for `more` events more, its interval, what may be said, over how many teams.
SELECT
    toString(behaviour) AS behaviour,
    assumeNotNull(l.estimate) AS estimate,
    assumeNotNull(l.low) AS low,
    assumeNotNull(l.high) AS high,
    toString(l.kind) AS kind,
    l.more AS more,
    l.clusters AS teams
FROM viewer.links AS l
WHERE method = 'panel' AND kpi = {kpi:String} AND l.estimate IS NOT NULL AND l.low IS NOT NULL AND l.high IS NOT NULL
ORDER BY estimate DESC, behaviour
