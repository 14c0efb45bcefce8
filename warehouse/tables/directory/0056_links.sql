-- Whose accounts are beside people.csv: by `hand` what somebody confirmed (the person; nobody where that was
-- undone), by `address` what a tool says of verified addresses (the addresses' own pseudonyms; none where it says
-- none any more). Rows count once their load is closed; of an account the last one of each rule.
-- identity: pseudonym (accounts, persons and addresses)
CREATE TABLE directory.link_rows
(
    load UUID,
    sequence UInt64,
    account UInt64,
    rule LowCardinality(String),
    targets Array(UInt64)
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (load, rule, account)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- The forge's account that a forge's no-reply address belongs to.
-- identity: pseudonym (accounts)
CREATE TABLE directory.forge_rows
(
    account UInt64,
    target UInt64
) ENGINE = ReplacingMergeTree
ORDER BY (account, target)
SETTINGS min_bytes_for_full_part_storage = 10485760;

-- Those that were met before, of GitHub, with the hours in which something was done under them.
INSERT INTO directory.forge_rows (account, target)
SELECT n.account, f.account
FROM
(
    SELECT account, extractGroups(identifier, '^mailto:[0-9]+[+]([^@]+)@users[.]noreply[.]github[.]com$')[1] AS login
    FROM vault.account_rows
    WHERE identifier LIKE 'mailto:%@users.noreply.github.com'
) AS n
INNER JOIN (SELECT account, identifier FROM vault.account_rows) AS f ON f.identifier = concat('account:https://github.com|', n.login)
WHERE n.login != '';

INSERT INTO ops.dirty_hours (hour)
SELECT DISTINCT toStartOfHour(time)
FROM learning.fact_rows
WHERE account IN (SELECT account FROM directory.forge_rows);
