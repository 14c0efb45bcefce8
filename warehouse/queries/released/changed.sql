-- How many people are otherwise in the directory than viewers are shown it, with whoever nobody is known for and did
-- something where the owner is another; and how many owners of places are otherwise.
-- A start that is not known is a value here: `uniqExact` leaves rows with a NULL out.
WITH owned AS
(
    SELECT host, kind, like
    FROM
    (
        SELECT host, kind, like, from, team FROM directory.owners
        UNION ALL
        SELECT host, kind, like, from, team FROM released.owners
    )
    GROUP BY host, kind, like, from, team
    HAVING count() = 1
)
SELECT uniqExact(person), (SELECT count() FROM owned)
FROM
(
    SELECT person
    FROM
    (
        SELECT person, ifNull(toString(start), '') AS start, arraySort(teams) AS teams FROM directory.people
        UNION ALL
        SELECT person, ifNull(toString(start), '') AS start, arraySort(teams) AS teams FROM released.people
    )
    GROUP BY person
    HAVING count() = 1 OR uniqExact(start, teams) > 1
    UNION ALL
    SELECT person
    FROM
    (
        SELECT person, arraySort(groupArray(account)) AS accounts FROM directory.accounts GROUP BY person
        UNION ALL
        SELECT person, arraySort(groupArray(account)) AS accounts FROM released.accounts GROUP BY person
    )
    GROUP BY person
    HAVING count() = 1 OR uniqExact(accounts) > 1
    UNION ALL
    SELECT DISTINCT account AS person
    FROM work.signal_rows
    WHERE account != 0
        AND account NOT IN (SELECT account FROM directory.accounts)
        AND (host, kind, place) IN
        (
            SELECT places.host, places.kind, places.place
            FROM (SELECT DISTINCT host, kind, place FROM work.signal_rows) AS places
            INNER JOIN owned ON owned.host = lower(places.host)
            WHERE owned.kind IN ('', places.kind) AND lower(places.place) LIKE owned.like
        )
)
