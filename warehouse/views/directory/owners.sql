-- Which team each place belongs to from which day on, as the last closed load of each says. `like` is the place as a
-- pattern, `rank` how much it says: whether it is one place alone, then how long it is, then whether it says the kind.
-- identity: none (names of teams and places)
CREATE OR REPLACE VIEW directory.owners DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
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
    INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = r.load
    ORDER BY l.sequence DESC
    LIMIT 1 BY host, kind, place, from
)
WHERE team != ''
