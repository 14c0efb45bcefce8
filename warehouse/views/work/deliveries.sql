-- Changes that were merged, a row each, with the deployment that first brought them into production: the first
-- that succeeded at the same place when they had been merged, or after it. `failed` says whether an incident began
-- at that place before the next deployment. Without such a deployment yet, `deployed` is NULL.
-- identity: pseudonym (who opened the change)
CREATE OR REPLACE VIEW work.deliveries DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    c.item AS change,
    c.place AS place,
    c.person AS person,
    c.team AS team,
    c.opened AS opened,
    c.reviewed AS reviewed,
    c.at AS merged,
    d.item AS deployment,
    if(d.item = '', NULL, d.at) AS deployed,
    d.day AS deployed_day,
    d.failed AS failed
FROM
(
    SELECT item, place, opener AS person, opener_team AS team, opened, reviewed, assumeNotNull(closed) AS at
    FROM work.items
    WHERE kind = 'change' AND outcome = 'merged' AND closed IS NOT NULL
) AS c
ASOF LEFT JOIN (SELECT item, place, at, day, failed FROM work.deployments) AS d ON c.place = d.place AND c.at <= d.at
