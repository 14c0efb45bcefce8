-- By whose clocks each person lives (IANA name; '' is the organisation's), as the load says.
ALTER TABLE directory.person_rows ADD COLUMN timezone LowCardinality(String);

-- By how many seconds the clocks of each zone that people live in are ahead of UTC, from when until when. ClickHouse
-- tells the time of one zone a query, not of one a row. The worker writes them, from the time zones of its machine.
-- identity: none (time zones, of nobody in particular)
CREATE TABLE directory.zone_rows
(
    zone String,
    offsets Array(Tuple(from DateTime('UTC'), until DateTime('UTC'), seconds Int32))
) ENGINE = ReplacingMergeTree
ORDER BY zone
SETTINGS min_bytes_for_full_part_storage = 10485760;
