-- What happened to work items (changes, deployments, incidents, tickets, deals, builds), each once.
-- `item` names the item for good, `revision` is the commit that ties a change, its build and its deployment
-- together, `detail` one word of the tool's own (merged, production). Person and team are as of the signal's
-- own day; account is 0 where a machine did it. What nobody of the directory did is of the team to which its place
-- belongs on that day (owners.csv), and `owned` then.
-- identity: pseudonym (account and person)
CREATE OR REPLACE VIEW work.signals DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT any(value) FROM ops.settings WHERE name = 'time_zone'), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS time_zone
SELECT
    id,
    s.kind AS kind,
    item,
    happened,
    time,
    toDate(time, time_zone) AS day,
    account,
    dictGetOrDefault('directory.account_person', 'person', account, account) AS person,
    dictHas('directory.account_person', account) AS known,
    if(known, '', arrayLast(owner -> owner.2 <= toDate32(toDate(time, time_zone)), o.owners).3) AS owner,
    if(
        known,
        dictGetOrDefault('directory.person_team', 'team', dictGetOrDefault('directory.account_person', 'person', account, account), toDate32(toDate(time, time_zone)), ''),
        owner) AS team,
    owner != '' AS owned,
    s.host AS host,
    s.place AS place,
    link,
    detail,
    revision
FROM (SELECT * FROM work.signal_rows FINAL) AS s
LEFT JOIN
(
    SELECT
        places.host AS host,
        places.kind AS kind,
        places.place AS place,
        arraySort(groupArray((owners.rank, owners.from, owners.team))) AS owners
    FROM (SELECT DISTINCT host, kind, place FROM work.signal_rows) AS places
    INNER JOIN (SELECT host, kind, like, from, rank, team FROM directory.place_owners) AS owners ON owners.host = lower(places.host)
    WHERE owners.kind IN ('', places.kind) AND lower(places.place) LIKE owners.like
    GROUP BY host, kind, place
) AS o ON o.host = s.host AND o.kind = s.kind AND o.place = s.place
