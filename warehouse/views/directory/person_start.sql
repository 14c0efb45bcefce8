-- When each person started, for joins.
-- identity: pseudonym (persons)
CREATE OR REPLACE DICTIONARY directory.person_start (person UInt64, start Nullable(Date32))
PRIMARY KEY person
SOURCE(CLICKHOUSE(QUERY 'SELECT person, start FROM directory.people' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(HASHED())
LIFETIME(0)
