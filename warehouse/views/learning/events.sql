-- Every event that counts, once.
-- Person, team and tenure are joined as of the event's own day: late knowledge rewrites no fact.
-- `counterpart_person` and `counterpart_team` are whom it was for, as of the same day (0 and '' where nobody is
-- named); `tenure_days` counts from the start of whoever acted (NULL where that is not known).
-- identity: pseudonym (account, person and counterpart)
CREATE OR REPLACE VIEW learning.events DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ifNull((SELECT any(value) FROM ops.settings WHERE name = 'time_zone'), '') AS chosen_zone,
    if(chosen_zone = '', 'UTC', chosen_zone) AS time_zone
SELECT
    id,
    time,
    toStartOfHour(time) AS hour,
    toStartOfMinute(time) AS minute,
    toDate(time, time_zone) AS day,
    account,
    dictGetOrDefault('directory.account_person', 'person', account, account) AS person,
    dictHas('directory.account_person', account) AS resolved,
    dictGetOrDefault('directory.person_team', 'team', dictGetOrDefault('directory.account_person', 'person', account, account), toDate32(toDate(time, time_zone)), '') AS team,
    multiIf(
        dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)) IS NULL, 'unknown',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 3, '0-3 months',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 12, '3-12 months',
        dateDiff('month', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(time)) < 36, '1-3 years',
        '3+ years') AS tenure_band,
    dateDiff('day', dictGetOrNull('directory.person_start', 'start', dictGetOrDefault('directory.account_person', 'person', account, account)), toDate32(toDate(time, time_zone))) AS tenure_days,
    counterpart,
    dictGetOrDefault('directory.account_person', 'person', counterpart, counterpart) AS counterpart_person,
    dictGetOrDefault('directory.person_team', 'team', dictGetOrDefault('directory.account_person', 'person', counterpart, counterpart), toDate32(toDate(time, time_zone)), '') AS counterpart_team,
    tool,
    behaviour,
    scaffold,
    know,
    verb,
    object,
    object_type,
    topic,
    duration,
    success,
    score,
    parent,
    reference,
    registration,
    language,
    source,
    position
FROM learning.fact_rows FINAL
