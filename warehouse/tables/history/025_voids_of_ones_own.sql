-- A voiding statement whose sender may not void what others wrote undoes what has its own authority, and
-- nothing else (docs/decisions/voiding.md). Who may is written in the record's source.
ALTER TABLE lrs.voids ADD COLUMN own_only UInt8 DEFAULT 0;

ALTER TABLE lrs.voids_mv MODIFY QUERY
SELECT
    assumeNotNull(toUUIDOrNull(object)) AS id,
    assumeNotNull(lines_in.id) AS voided_by,
    position,
    toUInt8(source LIKE '%#no-void%') AS own_only
FROM lrs.lines_in
WHERE error = ''
    AND verb = 'http://adlnet.gov/expapi/verbs/voided'
    AND object_type = 'StatementRef'
    AND toUUIDOrNull(object) IS NOT NULL;

-- Which delivery of a statement (id, position) has the authority of such a voiding statement. The sweep
-- writes it down once both are there, whichever came first. It never changes: a place in the log has one
-- authority.
CREATE TABLE lrs.own_voids
(
    id UUID,
    position UInt128,
    voided_by UUID,
    void_position UInt128
) ENGINE = ReplacingMergeTree
ORDER BY (id, position, voided_by, void_position)
SETTINGS index_granularity = 256, min_bytes_for_full_part_storage = 10485760;

-- A void counts unless the voiding statement itself lost to a twin. These undo every delivery of an id.
CREATE VIEW lrs.voided_by_right DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT v.id AS id
FROM lrs.voids AS v
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = v.voided_by
WHERE v.own_only = 0 AND (t.winner = 0 OR t.winner = v.position);

-- And these one delivery.
CREATE VIEW lrs.voided_deliveries DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT o.id AS id, o.position AS position
FROM lrs.own_voids AS o
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = o.voided_by
WHERE t.winner = 0 OR t.winner = o.void_position;

CREATE OR REPLACE VIEW lrs.voided DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT id FROM lrs.voided_by_right
UNION DISTINCT
SELECT d.id AS id
FROM lrs.voided_deliveries AS d
LEFT JOIN (SELECT id, winner FROM lrs.twins FINAL) AS t ON t.id = d.id
WHERE t.winner = 0 OR t.winner = d.position;
