-- Facts of these hours (seconds since 1970) that no statement of theirs stands behind, each with what
-- is known of its id.
SELECT
    toString(f.id) AS id,
    f.hour AS hour,
    f.id IN (SELECT id FROM lrs.voided) AS voided,
    toString(s.position) AS winner,
    toString(f.position) AS position
FROM
(
    SELECT id, position, toUInt64(toUnixTimestamp(toStartOfHour(time))) AS hour
    FROM learning.fact_rows FINAL
    WHERE toUnixTimestamp(toStartOfHour(time)) IN {hours:Array(UInt32)} AND position < {before:UInt128}
) AS f
LEFT JOIN
(
    SELECT id, position
    FROM lrs.statement_rows FINAL
    WHERE id IN
    (
        SELECT id
        FROM learning.fact_rows
        WHERE time >= toDateTime64(arrayMin({hours:Array(UInt32)}), 3, 'UTC')
            AND time < toDateTime64(arrayMax({hours:Array(UInt32)}), 3, 'UTC') + INTERVAL 1 HOUR
    )
) AS s ON s.id = f.id
WHERE s.position != f.position OR f.id IN (SELECT id FROM lrs.voided)
LIMIT {most:UInt32}
