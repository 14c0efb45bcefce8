-- How many people a team has, from each day on which that changes until the next.
-- identity: none (counts of teams)
CREATE OR REPLACE VIEW directory.team_sizes DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    team,
    from,
    leadInFrame(from - 1, 1, toDate32('2149-06-06')) OVER (PARTITION BY team ORDER BY from ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until,
    toUInt32(size) AS size
FROM
(
    SELECT team, from, sum(change) OVER (PARTITION BY team ORDER BY from ASC) AS size
    FROM
    (
        SELECT team, from, sum(change) AS change
        FROM
        (
            SELECT team, from, toInt64(1) AS change FROM directory.memberships
            UNION ALL
            SELECT team, until + 1 AS from, toInt64(-1) AS change FROM directory.memberships WHERE until < toDate32('2149-01-01')
        )
        GROUP BY team, from
    )
)
