-- Hours with facts of any account whose person this load may change: those of the people whom it names, in any load
-- of theirs, those that it links, and those that are of somebody by one of these.
INSERT INTO ops.dirty_hours (hour)
WITH
    people AS (SELECT person FROM directory.person_rows WHERE load = {load:UUID}),
    named AS
    (
        SELECT arrayJoin(accounts) AS account FROM directory.person_rows WHERE person IN people
        UNION ALL
        SELECT account FROM directory.link_rows WHERE load = {load:UUID}
        UNION ALL
        SELECT account
        FROM (SELECT account, arrayJoin(targets) AS person FROM directory.link_rows WHERE rule = 'hand')
        WHERE person IN people
    ),
    verified AS
    (
        SELECT account FROM named
        UNION ALL
        SELECT account
        FROM (SELECT account, arrayJoin(targets) AS target FROM directory.link_rows WHERE rule = 'address')
        WHERE target IN named
    )
SELECT DISTINCT toStartOfHour(time) AS hour
FROM learning.fact_rows
WHERE account IN verified OR account IN (SELECT account FROM directory.forge_rows WHERE target IN verified)
