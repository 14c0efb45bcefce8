-- Deployments to production that succeeded, a row each, with whether an incident began at the same place before the
-- next one; `deployed_to` is its environment, or release. `owned`: nobody of the directory made it, and `team` is the one to which its place belongs.
-- identity: pseudonym (who deployed)
CREATE OR REPLACE VIEW work.deployments DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT item, host, place, deployed_to, at, day, failed, person, team, owned
FROM
(
    SELECT
        item,
        kind,
        host,
        place,
        deployed_to,
        at,
        day,
        person,
        team,
        owned,
        leadInFrame(kind = 'incident') OVER (PARTITION BY place ORDER BY at, kind ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS failed
    FROM
    (
        SELECT
            item,
            toString(kind) AS kind,
            host,
            place,
            deployed_to,
            assumeNotNull(if(kind = 'incident', opened, succeeded)) AS at,
            succeeded_day AS day,
            deployer AS person,
            deployer_team AS team,
            deployer_owned AS owned
        FROM work.items
        WHERE if(kind = 'incident', opened IS NOT NULL, production AND succeeded IS NOT NULL)
    )
)
WHERE kind = 'deployment'
