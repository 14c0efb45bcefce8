-- What was found of KPIs and learning, of every run (`headwater links run`): estimate in the KPI's unit for
-- `more` events more (of lags a correlation, of rollouts and interruptions what followed them), its 95 % interval,
-- p, q over the `family` that was tested together, the minimum detectable effect, the placebo, and the verdict in
-- words (docs/links.md). `behaviour` is of rollouts and interruptions the rollout's name. What rests on fewer teams
-- than the floor has no figure, whatever stands in the table; an interruption is of one team that may be shown.
-- identity: none (figures over at least the floor's teams)
CREATE OR REPLACE VIEW kpi.links DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    run,
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
    until,
    parameters,
    data
FROM kpi.link_rows
WHERE kind = 'missing' OR clusters >= transform(method, ['panel', 'rollout', 'interruption'], [10, 10, 1], 5)
