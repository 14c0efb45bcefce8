-- Which team each person is in, from when until when.
-- identity: pseudonym (persons)
CREATE OR REPLACE VIEW directory.memberships DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT person, t.team AS team, t.from AS from, t.until AS until
FROM (SELECT person, arrayJoin(teams) AS t FROM directory.people)
