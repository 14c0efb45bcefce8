-- Hours with facts of or for any account whose person some loads may change: those of the people whom they name, in
-- any load of theirs, those that they link, and those that are of somebody by one of these. For the mart of that name,
-- or all.
INSERT INTO ops.dirty_hours (hour, mart)
WITH
    loads AS (SELECT load FROM directory.load_rows WHERE sequence BETWEEN {first:UInt64} AND {last:UInt64}),
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
    ),
    changed AS
    (
        SELECT account FROM verified
        UNION ALL
        SELECT account FROM directory.forge_rows WHERE target IN verified
    )
SELECT DISTINCT toStartOfHour(time) AS hour, {mart:String}
FROM learning.fact_rows
WHERE account IN changed OR counterpart IN changed
