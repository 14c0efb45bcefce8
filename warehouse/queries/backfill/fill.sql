-- Takes a piece of the statements from before in once more, as a redelivery would: every table keeps one
-- row of each, and what is new is filled. Batch 0 is no recorder's.
INSERT INTO lrs.records_in (batch, first_line, partition, offset, appended, source, value)
SELECT
    0,
    toUInt32(bitAnd(position, 1048575)),
    toUInt16(bitAnd(bitShiftRight(position, 64), 65535)),
    toUInt64(bitAnd(bitShiftRight(position, 20), 17592186044415)),
    stored,
    source,
    raw
FROM lrs.statement_rows_before
WHERE id > {after:UUID} AND id <= {end:UUID}
