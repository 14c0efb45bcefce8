-- Hours with facts of any account whose person the loads may change that viewers are not shown yet, for the mart of
-- that name (as directory/dirty.sql).
INSERT INTO ops.dirty_hours (hour, mart)
WITH
    loads AS
    (
        SELECT load
        FROM directory.load_rows FINAL
        WHERE sequence > (SELECT max(sequence) FROM released.release_rows)
            OR (SELECT count() FROM released.release_rows) = 0
    ),
    people AS (SELECT person FROM directory.person_rows WHERE load IN loads),
    named AS
    (
        SELECT arrayJoin(accounts) AS account FROM directory.person_rows WHERE person IN people
        UNION ALL
        SELECT account FROM directory.link_rows WHERE load IN loads
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
SELECT DISTINCT toStartOfHour(time) AS hour, {mart:String}
FROM learning.fact_rows
WHERE account IN verified OR account IN (SELECT account FROM directory.forge_rows WHERE target IN verified)
