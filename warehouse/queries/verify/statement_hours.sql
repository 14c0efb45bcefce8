-- For each hour of events, how many there should be, and a digest of which: the statements accepted
-- before a position, without those that void, those that Headwater raised, and those that are voided.
SELECT
    toUInt64(toUnixTimestamp(toStartOfHour(time))) AS hour,
    count() AS events,
    groupBitXor(cityHash64(id, position)) AS digest
FROM
(
    SELECT id, position, least(greatest(timestamp, toDateTime64('1970-01-02 12:00:00.000', 3, 'UTC')), toDateTime64('2105-12-31 09:59:59.999', 3, 'UTC')) AS time
    FROM lrs.statement_rows FINAL
    WHERE position < {before:UInt128} AND verb NOT IN ('http://adlnet.gov/expapi/verbs/voided', 'https://w3id.org/xapi/headwater/verbs/raised')
)
WHERE id NOT IN (SELECT id FROM lrs.voided)
GROUP BY hour
