-- What happened to work items (changes, deployments, incidents, tickets, deals, builds), each once.
-- `item` names the item for good, `revision` is the commit that ties a change, its build and its deployment
-- together, `detail` one word of the tool's own (merged, production). Person and team are as of the signal's
-- own day; account is 0 where a machine did it.
-- identity: pseudonym (account and person)
CREATE OR REPLACE VIEW work.signals DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT any(value) FROM ops.settings WHERE name = 'time_zone'), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS time_zone
SELECT
    id,
    kind,
    item,
    happened,
    time,
    toDate(time, time_zone) AS day,
    account,
    dictGetOrDefault('directory.account_person', 'person', account, account) AS person,
    dictGetOrDefault('directory.person_team', 'team', dictGetOrDefault('directory.account_person', 'person', account, account), toDate32(toDate(time, time_zone)), '') AS team,
    host,
    place,
    link,
    detail,
    revision
FROM work.signal_rows FINAL
