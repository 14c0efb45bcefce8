-- Where these statements stand, the first of each id, and what they refer to; NULL where nothing.
SELECT
    id,
    toString(min(position)) AS place,
    if(argMin(object_type, position) = 'StatementRef', toUUIDOrNull(argMin(object, position)), NULL) AS target
FROM lrs.statement_rows
WHERE id IN {ids:Array(UUID)}
GROUP BY id
