-- How many people are otherwise in the directory than viewers are shown it.
-- A start that is not known is a value here: `uniqExact` leaves rows with a NULL out.
SELECT uniqExact(person)
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
)
