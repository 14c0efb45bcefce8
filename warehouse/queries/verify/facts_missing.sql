-- Statements of these hours (seconds since 1970) of which no fact stands in them or beside them.
SELECT
    toString(id),
    toString(position),
    source,
    raw,
    toUInt64(toUnixTimestamp(toStartOfHour(time))) AS hour
FROM
(
    SELECT id, position, source, raw, least(greatest(timestamp, toDateTime64('1970-01-02 12:00:00.000', 3, 'UTC')), toDateTime64('2105-12-31 09:59:59.999', 3, 'UTC')) AS time
    FROM lrs.statement_rows FINAL
    WHERE position < {before:UInt128} AND verb NOT IN ('http://adlnet.gov/expapi/verbs/voided', 'https://w3id.org/xapi/headwater/verbs/raised')
)
WHERE toUnixTimestamp(toStartOfHour(time)) IN {hours:Array(UInt32)}
    AND id NOT IN (SELECT id FROM lrs.voided)
    AND (id, position) NOT IN
    (
        SELECT id, position
        FROM learning.fact_rows FINAL
        WHERE time >= toDateTime64(arrayMin({hours:Array(UInt32)}), 3, 'UTC') - INTERVAL 1 HOUR
            AND time < toDateTime64(arrayMax({hours:Array(UInt32)}), 3, 'UTC') + INTERVAL 2 HOUR
    )
LIMIT {most:UInt32}
