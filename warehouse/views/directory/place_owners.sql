-- Which team each place belongs to from which day on, as a pattern, for joins.
-- identity: none (names of teams and places)
CREATE OR REPLACE DICTIONARY directory.place_owners (host String, kind String, like String, from Date32, rank UInt64, team String)
PRIMARY KEY host, kind, like, from
SOURCE(CLICKHOUSE(QUERY 'SELECT host, kind, like, from, rank, team FROM directory.owners' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(0)
