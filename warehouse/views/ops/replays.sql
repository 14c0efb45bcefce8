-- Replays of marts (`headwater replay`): what each is about, how many of its periods are done, how many rows differed,
-- until when it will go on, and when it was heard of last.
-- identity: none (marts, days and counts)
CREATE OR REPLACE VIEW ops.replays DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    run,
    min(r.began) AS began,
    anyIf(r.what, r.mart = '') AS scope,
    anyIf(r.state, r.mart = '') AS state,
    maxIf(r.periods, r.mart = '') AS periods,
    countIf(r.mart != '' AND r.state != 'failed') AS done,
    countIf(r.state = 'failed' AND r.mart != '') AS failed,
    sum(r.missing) AS missing,
    sum(r.surplus) AS surplus,
    maxIf(r.until, r.mart = '') AS until,
    max(r.at) AS at
FROM ops.replay_rows AS r FINAL
GROUP BY run
