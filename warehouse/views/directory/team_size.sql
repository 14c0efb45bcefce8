-- How many people a team has as of a day, for joins.
-- identity: none (counts of teams)
CREATE OR REPLACE DICTIONARY directory.team_size (team String, from Date32, until Date32, size UInt32)
PRIMARY KEY team
SOURCE(CLICKHOUSE(QUERY 'SELECT team, from, until, size FROM directory.team_sizes' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_RANGE_HASHED())
RANGE(MIN from MAX until)
LIFETIME(0)
