-- Deployments to production by the team whose changes they brought, a row a change with who opened it; and those that
-- brought no team's change and nobody of the directory made, a row each, by the team to which their place belongs.
-- identity: pseudonym (who opened the change, or deployed)
CREATE OR REPLACE VIEW work.delivered DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT team, deployed_day AS day, deployment, failed, person
FROM work.deliveries
WHERE deployed IS NOT NULL AND team != ''
UNION ALL
SELECT team, day, item AS deployment, failed, person
FROM work.deployments
WHERE owned AND item NOT IN (SELECT deployment FROM work.deliveries WHERE team != '')
