-- Periods of a mart (by the ids of their partitions) whose rows are not those of its scratch table: how many lack, and
-- how many are too many. Rows are compared as texts, as a hash of NULL would be NULL.
SELECT part, toUInt64(sum(greatest(more, 0))) AS missing, toUInt64(sum(greatest(-more, 0))) AS surplus
FROM
(
    SELECT part, row, sum(one) AS more
    FROM
    (
        SELECT _partition_id AS part, cityHash64(toString(tuple(*))) AS row, toInt64(1) AS one
        FROM verification.$table
        UNION ALL
        SELECT _partition_id AS part, cityHash64(toString(tuple(*))) AS row, toInt64(-1) AS one
        FROM $database.$table
        WHERE _partition_id IN {parts:Array(String)}
    )
    GROUP BY part, row
    HAVING more != 0
)
GROUP BY part
ORDER BY part
