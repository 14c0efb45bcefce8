-- The first and the last of the loads that viewers are not shown yet, and whether the week has turned since then.
-- Loads of consents wait for nothing: no figure is computed from them.
WITH
    (SELECT max(sequence) FROM released.release_rows) AS shown,
    (SELECT count() FROM released.release_rows) > 0 AS any_shown,
    (SELECT time_zone FROM viewer.settings) AS zone
SELECT
    min(sequence) AS first,
    max(sequence) AS last,
    toMonday(toDate(min(at), zone)) < toMonday(toDate(now(), zone)) AS week_turned
FROM
(
    SELECT sequence, at
    FROM directory.load_rows FINAL
    WHERE (sequence > shown OR NOT any_shown) AND load NOT IN (SELECT load FROM directory.findable_rows)
)
HAVING count() > 0
