-- Who belongs where. Rows arrive load by load and count once their load is closed; of a person's
-- loads the last one counts. Pseudonyms everywhere; identities only in vault.

CREATE TABLE directory.load_rows
(
    load UUID,
    sequence UInt64,
    people UInt64,
    at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY load;

CREATE TABLE directory.person_rows
(
    load UUID,
    sequence UInt64,
    person UInt64,
    start Nullable(Date32),
    manager UInt64,
    accounts Array(UInt64),
    teams Array(Tuple(team String, from Date32, until Date32))
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (load, person);

-- person_id and value are the person as loaded: name, accounts, teams, manager, start.
CREATE TABLE vault.person_rows
(
    load UUID,
    sequence UInt64,
    person UInt64,
    person_id String,
    value String
) ENGINE = ReplacingMergeTree(sequence)
ORDER BY (load, person);

CREATE TABLE vault.account_rows
(
    account UInt64,
    identifier String,
    first_seen DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree
ORDER BY account;

CREATE VIEW directory.people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT p.person AS person, start, manager, accounts, teams, l.sequence AS sequence
FROM (SELECT * FROM directory.person_rows FINAL) AS p
INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = p.load
ORDER BY l.sequence DESC
LIMIT 1 BY person;

CREATE VIEW vault.people_current DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT p.person AS person, person_id, value, l.sequence AS sequence
FROM (SELECT * FROM vault.person_rows FINAL) AS p
INNER JOIN (SELECT load, sequence FROM directory.load_rows FINAL) AS l ON l.load = p.load
ORDER BY l.sequence DESC
LIMIT 1 BY person;

CREATE VIEW directory.accounts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT account, argMax(person, sequence) AS person
FROM (SELECT arrayJoin(accounts) AS account, person, sequence FROM directory.people)
GROUP BY account;

CREATE VIEW directory.memberships DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT person, t.team AS team, t.from AS from, t.until AS until
FROM (SELECT person, arrayJoin(teams) AS t FROM directory.people);

-- How many people a team has, from each day on which that changes until the next.
CREATE VIEW directory.team_sizes DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    team,
    from,
    leadInFrame(from - 1, 1, toDate32('2149-06-06')) OVER (PARTITION BY team ORDER BY from ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until,
    toUInt32(size) AS size
FROM
(
    SELECT team, from, sum(change) OVER (PARTITION BY team ORDER BY from ASC) AS size
    FROM
    (
        SELECT team, from, sum(change) AS change
        FROM
        (
            SELECT team, from, toInt64(1) AS change FROM directory.memberships
            UNION ALL
            SELECT team, until + 1 AS from, toInt64(-1) AS change FROM directory.memberships WHERE until < toDate32('2149-01-01')
        )
        GROUP BY team, from
    )
);

CREATE DICTIONARY directory.account_person (account UInt64, person UInt64)
PRIMARY KEY account
SOURCE(CLICKHOUSE(QUERY 'SELECT account, person FROM directory.accounts' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(HASHED())
LIFETIME(0);

CREATE DICTIONARY directory.person_start (person UInt64, start Nullable(Date32))
PRIMARY KEY person
SOURCE(CLICKHOUSE(QUERY 'SELECT person, start FROM directory.people' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(HASHED())
LIFETIME(0);

CREATE DICTIONARY directory.person_team (person UInt64, from Date32, until Date32, team String)
PRIMARY KEY person
SOURCE(CLICKHOUSE(QUERY 'SELECT person, from, until, team FROM directory.memberships' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(RANGE_HASHED(range_lookup_strategy 'max'))
RANGE(MIN from MAX until)
LIFETIME(0);

CREATE DICTIONARY directory.team_size (team String, from Date32, until Date32, size UInt32)
PRIMARY KEY team
SOURCE(CLICKHOUSE(QUERY 'SELECT team, from, until, size FROM directory.team_sizes' USER '${DICTIONARY_USER}' PASSWORD '${DICTIONARY_PASSWORD}'))
LAYOUT(COMPLEX_KEY_RANGE_HASHED())
RANGE(MIN from MAX until)
LIFETIME(0);
