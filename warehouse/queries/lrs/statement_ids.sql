-- Every id that was ever accepted, as its sixteen bytes.
SELECT UUIDStringToNum(toString(id)) AS id FROM lrs.statement_rows
