-- Every event that counts, once.
-- Person, team and tenure are joined as of the event's own day: late knowledge rewrites no fact.
-- `counterpart_person` and `counterpart_team` are whom it was for, as of the same day (0 and '' where nobody is
-- named); `tenure_days` counts from the start of whoever acted (NULL where that is not known).
-- `after_hours` is whether it was outside of working days and hours, or on a holiday, by the clocks of whoever acted: of
-- the time zone that the directory says today, else the organisation's. No column says whose zone is which.
-- identity: pseudonym (account, person and counterpart)
CREATE OR REPLACE VIEW learning.events DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    -- As viewer.settings, which takes six times as long to understand: nearly every query asks this view.
    (SELECT CAST(groupArray((name, value)), 'Map(String, String)') FROM ops.setting_rows FINAL) AS told,
    if(told['time_zone'] = '', 'UTC', told['time_zone']) AS time_zone,
    CAST(concat('[', if(told['working_days'] = '', '1,2,3,4,5', told['working_days']), ']'), 'Array(UInt8)') AS working_days,
    if(told['working_hours'] = '', '09:00-17:00', told['working_hours']) AS working_hours,
    toInt64OrZero(substring(working_hours, 1, 2)) * 3600 + toInt64OrZero(substring(working_hours, 4, 2)) * 60 AS working_from,
    toInt64OrZero(substring(working_hours, 7, 2)) * 3600 + toInt64OrZero(substring(working_hours, 10, 2)) * 60 AS working_until,
    CAST(if(told['holiday_dates'] = '', '[]', concat('[\'', replaceAll(told['holiday_dates'], ',', '\',\''), '\']')), 'Array(Date)') AS holidays,
    -- What the clock shows on the wall of whoever acted.
    addSeconds(time, dictGetOrDefault(
        'directory.zone_offset', 'seconds',
        tuple(dictGetOrDefault('directory.person_zone', 'zone', dictGetOrDefault('directory.account_person', 'person', account, account), '')),
        toDateTime(time),
        timeZoneOffset(toTimeZone(time, time_zone)))) AS clock
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
    NOT (has(working_days, toDayOfWeek(clock)) AND NOT has(holidays, toDate(clock))
        AND toHour(clock) * 3600 + toMinute(clock) * 60 + toSecond(clock) BETWEEN working_from AND working_until - 1) AS after_hours,
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
