-- What may be shown. Teams with fewer people than the minimum group appear as 'Other', together with
-- accounts that nobody has been found for; 'Other' itself is left out while fewer people than the
-- minimum stand behind it, so that no total minus the visible teams reveals a hidden one. No view
-- here holds a person. The floor of five cannot be set lower.

CREATE VIEW viewer.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    if(anyIf(value, name = 'time_zone') = '', 'UTC', anyIf(value, name = 'time_zone')) AS time_zone,
    greatest(5, toUInt32OrZero(anyIf(value, name = 'minimum_group'))) AS minimum_group,
    anyIf(value, name = 'synthetic') = '1' AS synthetic
FROM ops.settings;

-- The teams that may be named.
CREATE VIEW viewer.teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT DISTINCT team
FROM directory.team_sizes
WHERE size >= (SELECT minimum_group FROM viewer.settings);

-- How many people surely stand behind 'Other'. Of accounts that nobody is known for, as many as one
-- tool has: somebody with an account in each of five tools is still one person.
CREATE VIEW ops.others DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    (
        SELECT uniqExactMerge(activity_day_rows.people)
        FROM learning.activity_day_rows
        WHERE resolved = 1
            AND (team = '' OR dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) < k)
    )
    + (
        SELECT max(accounts)
        FROM
        (
            SELECT uniqExactMerge(activity_day_rows.people) AS accounts
            FROM learning.activity_day_rows
            WHERE resolved = 0
            GROUP BY tool
        )
    ) AS people;

CREATE VIEW viewer.activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT hour, minute, day, shown AS team, tool, behaviour, scaffold, events
FROM
(
    WITH
        (SELECT minimum_group FROM viewer.settings) AS k,
        (SELECT people FROM ops.others) AS others
    SELECT
        hour,
        minute,
        day,
        if(team != '' AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k, team, 'Other') AS shown,
        tool,
        behaviour,
        scaffold,
        count() AS events
    FROM learning.events
    WHERE shown != 'Other' OR others >= k
    GROUP BY hour, minute, day, shown, tool, behaviour, scaffold
);

-- People are shown from the minimum group up; below it the number is null and the events stay.
CREATE VIEW viewer.activity_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT day, shown AS team, tool, behaviour, scaffold, events, people
FROM
(
    WITH
        (SELECT minimum_group FROM viewer.settings) AS k,
        (SELECT people FROM ops.others) AS others
    SELECT
        day,
        if(team != '' AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k, team, 'Other') AS shown,
        tool,
        behaviour,
        scaffold,
        sum(activity_day_rows.events) AS events,
        if(uniqExactMerge(activity_day_rows.people) >= k, uniqExactMerge(activity_day_rows.people), NULL) AS people
    FROM learning.activity_day_rows
    WHERE shown != 'Other' OR others >= k
    GROUP BY day, shown, tool, behaviour, scaffold
);

-- By tenure, for the whole organisation: a band counts only while enough people stand behind it.
CREATE VIEW viewer.tenure_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    toMonday(day) AS week,
    tenure_band,
    scaffold,
    sum(activity_day_rows.events) AS events,
    uniqExactMerge(activity_day_rows.people) AS people
FROM learning.activity_day_rows
GROUP BY week, tenure_band, scaffold
HAVING people >= k;

-- What was learned lately, by teams large enough to hide in; nobody is named.
CREATE VIEW viewer.latest DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    hour,
    time,
    behaviour,
    scaffold,
    tool,
    team,
    topic
FROM learning.events
WHERE team != ''
    AND behaviour != 'unclassified'
    AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k;

CREATE VIEW viewer.team_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT
    week,
    team,
    behaviour,
    scaffold,
    events,
    if(team_weeks.people >= k, team_weeks.people, NULL) AS people,
    kpi,
    unit,
    direction,
    value
FROM kpi.team_weeks
WHERE dictGetOrDefault('directory.team_size', 'size', team, toDate32(week + 6), toUInt32(0)) >= k;

CREATE VIEW viewer.kpi_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT kpi, unit, direction, team, toMonday(period) AS week, value, n, origin
FROM kpi.observations
WHERE dictGetOrDefault('directory.team_size', 'size', team, toDate32(toMonday(period) + 6), toUInt32(0)) >= k;

CREATE VIEW viewer.pipeline DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT part, metric, value, text, at FROM ops.beats
UNION ALL
SELECT 'rejected' AS part, 'count' AS metric, toFloat64(count()) AS value, '' AS text, max(at) AS at FROM ops.rejected
UNION ALL
SELECT 'unresolved' AS part, 'accounts' AS metric, toFloat64(uniqExactMerge(people)) AS value, '' AS text, now64(3) AS at FROM learning.activity_day_rows WHERE resolved = 0
UNION ALL
SELECT 'unresolved' AS part, 'events' AS metric, toFloat64(sum(events)) AS value, '' AS text, now64(3) AS at FROM ops.unresolved
UNION ALL
SELECT 'activity' AS part, 'events' AS metric, toFloat64(sum(activity_day_rows.events)) AS value, '' AS text, now64(3) AS at FROM learning.activity_day_rows;
