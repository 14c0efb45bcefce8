-- Releases by week: how many at a place (host and repository) behind whose releases of the week the minimum group is, and
-- how many at all others together (place is '' then), where that many are behind these. Who published a release and whose
-- merged changes came with it are behind it. What a release is called is not here.
-- identity: none (names of places and counts)
CREATE OR REPLACE VIEW viewer.releases DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT toDate(cell.period) AS week, cell.team AS place, cell.n AS releases
FROM kpi.derived_rows FINAL
ARRAY JOIN cells AS cell
WHERE kpi = 'releases' AND released AND unit = 'mark' AND cell.people >= (SELECT minimum_group FROM viewer.settings)
