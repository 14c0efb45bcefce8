-- What the panels over time read. The step follows from the range (of a team it is a day at least), and is a week
-- where less than half could be told by day; from days on whole days or weeks of the organisation. A cell is in
-- the range where all of its time is; one that is longer than a step has no place of its own in it (`placed`).
-- Cells of the whole organisation have a behaviour, those of a team a team. What all rows share is computed in a
-- subquery for each step: the engine analyses a named expression again wherever its name stands.
    {zone:String} AS zone,
    (
        SELECT (step, first_day, last_day, first_moment, last_moment, buckets)
        FROM
        (
            SELECT
                *,
                if(step IN ('quarter', 'hour'), toTimeZone({until:DateTime}, 'UTC'), toTimeZone(toDateTime(last_day + 1, zone), 'UTC')) AS last_moment,
                if(
                    step IN ('quarter', 'hour'),
                    arrayMap(
                        i -> first_moment + i,
                        range(0, toUInt32(greatest(0, dateDiff('second', first_moment, last_moment))), if(step = 'hour', 3600, 900))),
                    arrayMap(
                        i -> toTimeZone(toDateTime(first_day + i, zone), 'UTC'),
                        range(0, toUInt32(greatest(0, last_day - first_day + 1)), if(step = 'week', 7, 1)))) AS buckets
            FROM
            (
                SELECT
                    *,
                    multiIf(
                        step = 'quarter', toStartOfFifteenMinutes(toTimeZone({from:DateTime}, 'UTC')),
                        step = 'hour', toTimeZone(toStartOfHour({from:DateTime}, zone), 'UTC'),
                        toTimeZone(toDateTime(first_day, zone), 'UTC')) AS first_moment
                FROM
                (
                    SELECT
                        step,
                        if(step = 'week', toMonday(begins), begins) AS first_day,
                        if(step = 'week', toMonday(ends) + 6, ends) AS last_day
                    FROM
                    (
                        SELECT
                            toDate({from:DateTime}, zone) AS begins,
                            toDate({until:DateTime} - 1, zone) AS ends,
                            multiIf(
                                {team:String} = '' AND dateDiff('hour', {from:DateTime}, {until:DateTime}) <= 6, 'quarter',
                                {team:String} = '' AND dateDiff('hour', {from:DateTime}, {until:DateTime}) <= 50, 'hour',
                                dateDiff('day', {from:DateTime}, {until:DateTime}) < 7
                                    OR (dateDiff('day', {from:DateTime}, {until:DateTime}) <= 16 AND 2 * sumIf(events, grain != 'week') >= sum(events)), 'day',
                                'week') AS step
                        FROM viewer.activity
                        WHERE week >= toMonday(toDate({from:DateTime}, zone)) AND week < toDate({until:DateTime}, zone)
                    )
                )
            )
        )
    ) AS span,
    span.1 AS step,
    span.2 AS first_day,
    span.3 AS last_day,
    span.4 AS first_moment,
    span.5 AS last_moment,
    span.6 AS buckets,
    cells AS
    (
        SELECT
            start,
            grain,
            multiIf(
                grain = 'week', toTimeZone(toDateTime(toDate(start, zone) + 7, zone), 'UTC'),
                grain = 'day', toTimeZone(toDateTime(toDate(start, zone) + 1, zone), 'UTC'),
                -- What lies in an hour that has begun is in the range up to now.
                least(last_moment, start + transform(toString(grain), ['minute', 'quarter', 'hour'], [60, 900, 3600], 0))) AS end,
            toString(scaffold) AS scaffold,
            toString(behaviour) AS behaviour,
            '' AS team,
            events
        FROM viewer.activity
        WHERE {team:String} = '' AND week >= toMonday(first_day) AND week <= last_day
        UNION ALL
        SELECT
            start,
            grain,
            if(
                grain = 'week',
                toTimeZone(toDateTime(toDate(start, zone) + 7, zone), 'UTC'),
                toTimeZone(toDateTime(toDate(start, zone) + 1, zone), 'UTC')) AS end,
            toString(scaffold) AS scaffold,
            '' AS behaviour,
            team,
            events
        FROM viewer.team_activity
        WHERE ({team:String} = '' OR team = {team:String}) AND week >= toMonday(first_day) AND week <= last_day
    ),
    learning AS
    (
        SELECT
            multiIf(
                step = 'quarter', toStartOfFifteenMinutes(start),
                step = 'hour', toTimeZone(toStartOfHour(start, zone), 'UTC'),
                toTimeZone(toDateTime(if(step = 'week', toMonday(toDate(start, zone)), toDate(start, zone)), zone), 'UTC')) AS time,
            transform(toString(grain), ['minute', 'quarter', 'hour', 'day', 'week'], [1, 2, 3, 4, 5], 9)
                <= transform(step, ['quarter', 'hour', 'day', 'week'], [2, 3, 4, 5], 0) AS placed,
            scaffold,
            behaviour,
            team,
            events
        FROM cells
        -- Teams are told by day at least: of whole days.
        WHERE start >= if(team = '', first_moment, toDateTime(first_day, zone))
            AND end <= if(team = '', last_moment, toDateTime(last_day + 1, zone))
    )
