-- Events and people by tenure and week. Of a week's bands under the minimum none is there; where only one is, the
-- smallest of the others is left out with it, so that the whole minus the shown bands reveals nobody.
-- identity: none (counts from the minimum group up)
CREATE OR REPLACE VIEW viewer.tenure_people DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
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
WHERE enough AND NOT (hidden = 1 AND place = 1)
