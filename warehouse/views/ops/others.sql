-- How many people surely stand behind 'Other'. Of accounts that nobody is known for, as many as one
-- tool has: somebody with an account in each of five tools is still one person.
-- identity: none (a count)
CREATE OR REPLACE VIEW ops.others DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    (
        SELECT uniqExactMerge(activity_day_rows.people)
        FROM learning.activity_day_rows
        WHERE resolved = 1
            AND (team = '' OR dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) < k)
    )
    + (
        SELECT max(accounts)
        FROM
        (
            SELECT uniqExactMerge(activity_day_rows.people) AS accounts
            FROM learning.activity_day_rows
            WHERE resolved = 0
            GROUP BY tool
        )
    ) AS people
