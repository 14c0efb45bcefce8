-- The pseudonym of each identifier.
-- identity: personal (identifiers)
CREATE OR REPLACE DICTIONARY vault.account_pseudonym (identifier String, account UInt64)
PRIMARY KEY identifier
SOURCE(CLICKHOUSE(QUERY 'SELECT identifier, account FROM vault.account_rows' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 5 MAX 15)
