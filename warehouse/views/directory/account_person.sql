-- The person of each account, for joins.
-- identity: pseudonym (accounts and persons)
CREATE OR REPLACE DICTIONARY directory.account_person (account UInt64, person UInt64)
PRIMARY KEY account
SOURCE(CLICKHOUSE(QUERY 'SELECT account, person FROM directory.accounts' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(HASHED())
LIFETIME(0)
