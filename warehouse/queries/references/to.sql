-- Statements that refer to these.
SELECT DISTINCT id FROM lrs.reference_rows WHERE target IN {ids:Array(UUID)}
