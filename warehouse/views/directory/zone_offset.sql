-- By how many seconds the clocks of a zone that people live in are ahead of UTC at a moment, for joins.
-- identity: none (time zones, of nobody in particular)
CREATE OR REPLACE DICTIONARY directory.zone_offset (zone String, from DateTime, until DateTime, seconds Int32)
PRIMARY KEY zone
SOURCE(CLICKHOUSE(QUERY 'SELECT zone, o.from AS from, o.until AS until, o.seconds AS seconds FROM (SELECT zone, arrayJoin(offsets) AS o FROM directory.zone_rows FINAL)' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_RANGE_HASHED())
RANGE(MIN from MAX until)
LIFETIME(0)
