-- Work items, a row each: their life as it is now. A change is reviewed, and a ticket answered, by somebody else than
-- who opened it. `answers` counts how often it was answered. `closed` is the last closing and NULL while an item is
-- open; `reopened` counts how often it was taken up again. Of deployments `succeeded` is when it first did, and `production` says whether its environment
-- (`deployed_to`) is called so (production, prod, live) or it is a release. `outcome` is the tool's own word of the last closing
-- (merged, unmerged, won), `satisfied` what the latest rating says (good, bad). Persons and teams are as of the day; what nobody of
-- the directory did is of the team to which its place belongs (owners.csv), of a deployment `deployer_owned` says so.
-- identity: pseudonym (who opened, reviewed, answered and closed)
CREATE OR REPLACE VIEW work.items DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    item,
    kind,
    host,
    place,
    link,
    first_opened.1 AS opened,
    first_opened.2 AS opener,
    first_opened.3 AS opener_team,
    first_opened.4 AS opened_day,
    others.1 AS reviewed,
    others.2 AS reviewer,
    others.3 AS reviewer_team,
    others.4 AS reviewed_day,
    first_answered.1 AS answered,
    first_answered.2 AS answerer,
    first_answered.3 AS answerer_team,
    first_answered.4 AS answered_day,
    answers,
    if(closings.1 >= taken_up, closings.1, NULL) AS closed,
    closings.2 AS closer,
    closings.3 AS closer_team,
    closings.4 AS closed_day,
    if(closed IS NULL, '', closings.5) AS outcome,
    reopened,
    first_succeeded.1 AS succeeded,
    first_succeeded.2 AS deployer,
    first_succeeded.3 AS deployer_team,
    first_succeeded.4 AS succeeded_day,
    first_succeeded.5 AS deployer_owned,
    lower(environment) AS deployed_to,
    kind = 'deployment' AND deployed_to IN ('production', 'prod', 'live', 'release') AS production,
    revision,
    satisfied
FROM
(
    SELECT
        s.item AS item,
        any(s.kind) AS kind,
        any(s.host) AS host,
        argMax(s.place, s.time) AS place,
        argMax(s.link, s.time) AS link,
        argMinIf((toNullable(s.time), s.person, s.team, s.day), s.time, s.happened = 'opened') AS first_opened,
        arrayFirst(
            each -> each.2 != first_opened.2,
            arraySort(groupArrayIf((toNullable(s.time), s.person, s.team, s.day), s.happened = 'reviewed' AND s.kind = 'change'))) AS others,
        argMinIf((toNullable(s.time), s.person, s.team, s.day), s.time, s.happened = 'answered') AS first_answered,
        countIf(s.happened = 'answered') AS answers,
        argMaxIf((toNullable(s.time), s.person, s.team, s.day, s.detail), s.time, s.happened = 'closed') AS closings,
        ifNull(maxIf(toNullable(s.time), s.happened = 'reopened'), toDateTime64(0, 3, 'UTC')) AS taken_up,
        countIf(s.happened = 'reopened') AS reopened,
        argMinIf((toNullable(s.time), s.person, s.team, s.day, s.owned), s.time, s.happened = 'succeeded') AS first_succeeded,
        anyIf(s.detail, s.kind = 'deployment' AND s.detail != '') AS environment,
        argMaxIf(s.revision, s.time, s.revision != '') AS revision,
        argMaxIf(s.detail, s.time, s.happened = 'reviewed' AND s.kind = 'ticket') AS satisfied
    FROM work.signals AS s
    GROUP BY s.item
)
