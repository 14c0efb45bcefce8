-- Hours with facts of anybody whom the loads name that viewers are not shown yet, for the mart of that name.
INSERT INTO ops.dirty_hours (hour, mart)
SELECT hour, {mart:String}
FROM
(
    SELECT DISTINCT toStartOfHour(time) AS hour
    FROM learning.fact_rows
    WHERE account IN
    (
        SELECT arrayJoin(accounts)
        FROM directory.person_rows
        WHERE person IN
        (
            SELECT person
            FROM directory.person_rows
            WHERE load IN
            (
                SELECT load
                FROM directory.load_rows FINAL
                WHERE sequence > (SELECT max(sequence) FROM released.release_rows)
                    OR (SELECT count() FROM released.release_rows) = 0
            )
        )
    )
)
