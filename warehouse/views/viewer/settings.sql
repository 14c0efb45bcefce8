-- What the installation chose, for everybody. In all that may be shown, teams with fewer people than the
-- minimum group appear as 'Other', together with accounts that nobody has been found for; 'Other' itself is
-- left out while fewer people than the minimum stand behind it, so that no total minus the visible teams
-- reveals a hidden one. No view here holds a person but viewer.experts, who agreed. The floor of five cannot be set lower.
-- `session_gap` is in minutes; `working_days` are numbered from Monday, 1, on; `working_from` and
-- `working_until` are seconds since midnight; `holidays` are working days on which nobody works.
-- identity: none (what the installation chose)
CREATE OR REPLACE VIEW viewer.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    if(told['time_zone'] = '', 'UTC', told['time_zone']) AS time_zone,
    greatest(5, toUInt32OrZero(told['minimum_group'])) AS minimum_group,
    if(toUInt32OrZero(told['session_gap']) = 0, 30, toUInt32OrZero(told['session_gap'])) AS session_gap,
    told['synthetic'] = '1' AS synthetic,
    arrayFilter(day -> day BETWEEN 1 AND 7, arrayMap(day -> toUInt8OrZero(day), splitByChar(',', if(told['working_days'] = '', '1,2,3,4,5', told['working_days'])))) AS working_days,
    if(told['working_hours'] = '', '09:00-17:00', told['working_hours']) AS working_hours,
    toInt64OrZero(substring(working_hours, 1, 2)) * 3600 + toInt64OrZero(substring(working_hours, 4, 2)) * 60 AS working_from,
    toInt64OrZero(substring(working_hours, 7, 2)) * 3600 + toInt64OrZero(substring(working_hours, 10, 2)) * 60 AS working_until,
    arrayFilter(day -> has(working_days, toDayOfWeek(day)), arrayMap(day -> toDate(day), arrayFilter(day -> day != '', splitByChar(',', told['holiday_dates'])))) AS holidays
-- Nearly every query asks for one of these, and to understand it costs more than to answer it: one map holds all.
FROM (SELECT CAST(groupArray((name, value)), 'Map(String, String)') AS told FROM ops.setting_rows FINAL)
