-- How many people are otherwise in the directory than viewers are shown it.
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
