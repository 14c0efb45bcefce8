-- The places at which anything happened, in small letters.
SELECT DISTINCT lower(host), kind, lower(place) FROM work.signal_rows
