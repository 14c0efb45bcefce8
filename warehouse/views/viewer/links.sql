-- What the last run found of each method, KPI and behaviour or rollout (`kpi.links`).
-- One of a rollout that was taken back, or of teams that may not be named, is not here.
-- identity: none (figures over at least the floor's teams)
CREATE OR REPLACE VIEW viewer.links DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    at,
    method,
    kpi,
    unit,
    direction,
    behaviour,
    kind,
    more,
    estimate,
    low,
    high,
    p,
    q,
    family,
    lag,
    n,
    clusters,
    weeks,
    detectable,
    placebo,
    placebo_p,
    doubts,
    lacks,
    profile,
    verdict,
    since,
    until
FROM kpi.links
WHERE run = (SELECT argMax(links.run, links.at) FROM kpi.links AS links)
    AND (method NOT IN ('rollout', 'interruption') OR behaviour IN (SELECT rollout FROM viewer.rollouts))
