-- What some records should have left in a table and have not: keys of the copy that the table lacks, or
-- holds at a lower version. By the record to which they belong, with the hour in which it was appended.
SELECT
    toUInt16(bitAnd(bitShiftRight(place, 64), 65535)) AS partition,
    toUInt64(bitAnd(bitShiftRight(place, 20), 17592186044415)) AS offset,
    toUInt64(intDiv(toUInt64(bitShiftRight(place, 80)), 3600000) * 3600) AS hour,
    count() AS missing
FROM
(
    SELECT $keys, argMax(position, $version) AS place, max($version) AS should
    FROM $scratch
    GROUP BY $keys
) AS expected
LEFT JOIN
(
    SELECT $keys, max($version) AS stands
    FROM $table
    WHERE ($keys) IN (SELECT $keys FROM $scratch)
    GROUP BY $keys
) AS found USING ($keys)
WHERE stands < should
GROUP BY partition, offset, hour
ORDER BY partition, offset
