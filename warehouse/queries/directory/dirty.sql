-- Hours with facts of anybody whom this load names, under the accounts of any load of theirs.
INSERT INTO ops.dirty_hours (hour)
SELECT hour
FROM
(
    SELECT DISTINCT toStartOfHour(time) AS hour
    FROM learning.fact_rows
    WHERE account IN
    (
        SELECT arrayJoin(accounts)
        FROM directory.person_rows
        WHERE person IN (SELECT person FROM directory.person_rows WHERE load = {load:UUID})
    )
)
