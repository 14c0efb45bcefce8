-- Who started when, in which team they were in their first whole week, and until when they are in any.
SELECT
    person,
    assumeNotNull(start) AS began,
    dictGetOrDefault('released.person_team', 'team', person, toDate32(toMonday(began + 6)), '') AS team,
    arrayMax(arrayMap(stay -> stay.until, teams)) AS last
FROM released.people
WHERE start IS NOT NULL AND notEmpty(teams)
