-- How many people the loads change that viewers are not shown yet, since when the oldest of these waits,
-- the last one, and whether the week has turned since.
WITH
    (SELECT max(sequence) FROM released.release_rows) AS shown,
    (SELECT count() FROM released.release_rows) > 0 AS any_shown,
    (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    (
        SELECT count()
        FROM
        (
            SELECT person
            FROM
            (
                SELECT person, start, arraySort(accounts) AS accounts, arraySort(teams) AS teams FROM directory.people
                UNION ALL
                SELECT person, start, arraySort(accounts) AS accounts, arraySort(teams) AS teams FROM released.people
            )
            GROUP BY person
            HAVING count() = 1 OR uniqExact(toString(start), accounts, teams) > 1
        )
    ) AS people,
    max(sequence) AS last,
    toMonday(toDate(min(at), zone)) < toMonday(toDate(now(), zone)) AS week_turned
FROM (SELECT sequence, at FROM directory.load_rows FINAL WHERE sequence > shown OR NOT any_shown)
HAVING count() > 0
