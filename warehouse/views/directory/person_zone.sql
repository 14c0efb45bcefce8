-- By whose clocks each person lives today who does not live by the organisation's, for joins.
-- identity: pseudonym (persons; a zone that few live in tells who they are, so no reader asks this)
CREATE OR REPLACE DICTIONARY directory.person_zone (person UInt64, zone String)
PRIMARY KEY person
SOURCE(CLICKHOUSE(QUERY 'SELECT person, timezone AS zone FROM directory.people WHERE notEmpty(timezone)' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(HASHED())
LIFETIME(0)
