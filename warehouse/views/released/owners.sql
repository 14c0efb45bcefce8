-- Which team each place belongs to from which day on, as the last load says that viewers are shown.
-- identity: none (names of teams and places)
CREATE OR REPLACE VIEW released.owners DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    host,
    kind,
    place,
    from,
    team,
    replaceAll(replaceRegexpAll(place, '([%_\\\\])', '\\\\\\1'), '*', '%') AS like,
    toUInt64(position(place, '*') = 0) * 1000000 + 2 * least(length(place), 100000) + (kind != '') AS rank,
    sequence
FROM
(
    SELECT host, CAST(kind, 'String') AS kind, place, from, team, l.sequence AS sequence
    FROM (SELECT * FROM directory.owner_rows FINAL) AS r
    INNER JOIN
    (
        SELECT load, sequence
        FROM directory.load_rows FINAL
        WHERE sequence <= (SELECT max(sequence) FROM released.release_rows HAVING count() > 0)
    ) AS l ON l.load = r.load
    ORDER BY l.sequence DESC
    LIMIT 1 BY host, kind, place, from
)
WHERE team != ''
