-- The team of each person as of a day, for joins.
-- identity: pseudonym (persons)
CREATE OR REPLACE DICTIONARY directory.person_team (person UInt64, from Date32, until Date32, team String)
PRIMARY KEY person
SOURCE(CLICKHOUSE(QUERY 'SELECT person, from, until, team FROM directory.memberships' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(RANGE_HASHED(range_lookup_strategy 'max'))
RANGE(MIN from MAX until)
LIFETIME(0)
