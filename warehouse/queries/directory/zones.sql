-- The zones that people live in, each with what is kept of its clocks.
SELECT p.zone, arrayMap(o -> (toUnixTimestamp(o.from), toUnixTimestamp(o.until), o.seconds), z.offsets) AS offsets
FROM (SELECT DISTINCT CAST(timezone, 'String') AS zone FROM directory.people WHERE timezone != '') AS p
LEFT JOIN (SELECT zone, offsets FROM directory.zone_rows FINAL) AS z ON z.zone = p.zone
