-- People reached and tenure, by week: distinct persons, never summed, and never a group under the
-- minimum.

-- A team's cell under the minimum is counted with 'Other', and 'Other' is left out while it is under
-- the minimum itself, so that the whole (team '') minus what is shown reveals nobody. Scaffold '' is
-- any of them.
CREATE VIEW viewer.people_weeks DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    (SELECT minimum_group FROM viewer.settings) AS k,
    cells AS
    (
        SELECT
            toMonday(day) AS week,
            if(team != '' AND dictGetOrDefault('directory.team_size', 'size', team, toDate32(day), toUInt32(0)) >= k, toString(team), 'Other') AS shown,
            toString(scaffold) AS kind,
            uniqExactMergeState(people) AS persons
        FROM learning.activity_day_rows
        WHERE scaffold IN ('discovery', 'practice', 'sharing', 'reinforcement')
        GROUP BY GROUPING SETS ((week, shown, kind), (week, shown))
    ),
    visible AS
    (
        SELECT
            week,
            if(finalizeAggregation(persons) >= k, shown, 'Other') AS visible_team,
            kind,
            uniqExactMergeState(persons) AS everybody
        FROM cells
        GROUP BY week, visible_team, kind
        HAVING uniqExactMerge(persons) >= k
    )
SELECT week, visible_team AS team, kind AS scaffold, uniqExactMerge(everybody) AS people
FROM visible
GROUP BY GROUPING SETS ((week, visible_team, kind), (week, kind));

-- Of a week's bands under the minimum none is there; where only one is, the smallest of the others is
-- left out with it, so that the whole minus the shown bands reveals nobody.
CREATE VIEW viewer.tenure_people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tenure_band, events, people
FROM
(
    WITH (SELECT minimum_group FROM viewer.settings) AS k
    SELECT
        *,
        people >= k AS enough,
        countIf(NOT enough) OVER (PARTITION BY week) AS hidden,
        row_number() OVER (PARTITION BY week, enough ORDER BY people ASC, tenure_band ASC) AS place
    FROM
    (
        SELECT
            toMonday(day) AS week,
            toString(tenure_band) AS tenure_band,
            sum(activity_day_rows.events) AS events,
            uniqExactMerge(activity_day_rows.people) AS people
        FROM learning.activity_day_rows
        WHERE scaffold IN ('discovery', 'practice', 'sharing', 'reinforcement')
        GROUP BY week, tenure_band
    )
)
WHERE enough AND NOT (hidden = 1 AND place = 1);
