-- Periods of a mart whose rows are not those of a table beside it: how many are there alone (`missing`), how many here
-- alone (`surplus`), and digests of a few of each. Rows are compared as texts, as a hash of NULL would be NULL.
SELECT
    period,
    toUInt64(sum(greatest(more, 0))) AS missing,
    toUInt64(sum(greatest(-more, 0))) AS surplus,
    groupArrayIf(3)(row, more > 0) AS lacking,
    groupArrayIf(3)(row, more < 0) AS unfounded
FROM
(
    SELECT period, row, sum(one) AS more
    FROM
    (
        SELECT toString(tupleElement(_partition_value, 1)) AS period, cityHash64(toString(tuple($columns))) AS row, toInt64(1) AS one
        FROM $beside
        WHERE _partition_id IN {parts:Array(String)}
        UNION ALL
        SELECT toString(tupleElement(_partition_value, 1)) AS period, cityHash64(toString(tuple($columns))) AS row, toInt64(-1) AS one
        FROM $table
        WHERE _partition_id IN {parts:Array(String)}
    )
    GROUP BY period, row
    HAVING more != 0
)
GROUP BY period
ORDER BY period
