-- What the panels over time read: the bucket follows from the range, and so does the source. Up to
-- a week facts by minute or hour; beyond, roll-ups by day or week, whole days of the organisation.
    ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC') AS zone,
    multiIf(
        dateDiff('hour', {from:DateTime}, {until:DateTime}) <= 6, 'minute',
        dateDiff('day', {from:DateTime}, {until:DateTime}) <= 7, 'hour',
        dateDiff('day', {from:DateTime}, {until:DateTime}) <= 100, 'day',
        'week') AS grain,
    if(
        grain = 'week',
        toMonday(toDate({from:DateTime}, zone)),
        toDate({from:DateTime}, zone)) AS first_day,
    toDate({until:DateTime} - 1, zone) AS last_day,
    if(
        grain = 'minute',
        toStartOfMinute({from:DateTime}, 'UTC'),
        toTimeZone(toStartOfHour({from:DateTime}, zone), 'UTC')) AS first_moment,
    multiIf(
        grain = 'minute',
        arrayMap(i -> first_moment + i, range(0, toUInt32(greatest(0, dateDiff('second', first_moment, {until:DateTime}))), 60)),
        grain = 'hour',
        arrayMap(i -> first_moment + i, range(0, toUInt32(greatest(0, dateDiff('second', first_moment, {until:DateTime}))), 3600)),
        arrayMap(
            i -> toTimeZone(toDateTime(first_day + i, zone), 'UTC'),
            range(0, toUInt32(greatest(0, last_day - first_day + 1)), if(grain = 'week', 7, 1)))) AS buckets,
    learning AS
    (
        SELECT
            if(grain = 'minute', minute, toTimeZone(toStartOfHour(minute, zone), 'UTC')) AS time,
            team,
            toString(behaviour) AS behaviour,
            toString(scaffold) AS scaffold,
            events
        FROM viewer.activity
        WHERE grain IN ('minute', 'hour')
            AND hour >= toStartOfHour(first_moment)
            AND hour < {until:DateTime}
            AND minute >= first_moment
            AND minute < {until:DateTime}
            AND ({team:String} = '' OR team = {team:String})
        UNION ALL
        SELECT
            toTimeZone(toDateTime(if(grain = 'week', toMonday(day), day), zone), 'UTC') AS time,
            team,
            toString(behaviour) AS behaviour,
            toString(scaffold) AS scaffold,
            events
        FROM viewer.activity_days
        WHERE grain IN ('day', 'week')
            AND day >= first_day
            AND day <= last_day
            AND ({team:String} = '' OR team = {team:String})
    )
