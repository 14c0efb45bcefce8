-- The periods of a grain (day, week or month of the organisation, by their first day) whose cells these hours
-- (seconds since 1970, within the bounds of xapi/days.py) can change, newest first, each with its hours
-- among them. A mart that looks back so many periods has as many after an hour's own touched. `zone` is the
-- organisation's time zone: of nothing else but what it is asked with depends the answer.
WITH {zone:String} AS zone
SELECT toString(period), groupUniqArray(hour)
FROM
(
    SELECT
        hour,
        multiIf({grain:String} = 'week', toMonday(day), {grain:String} = 'month', toStartOfMonth(day), day) AS own,
        arrayJoin(range(0, toUInt16({lookback:UInt16} + 1))) AS after,
        multiIf({grain:String} = 'week', addWeeks(own, after), {grain:String} = 'month', addMonths(own, after), addDays(own, after)) AS period
    FROM
    (
        SELECT hour, arrayJoin([toDate(toDateTime(hour, 'UTC'), zone), toDate(toDateTime(hour + 3599, 'UTC'), zone)]) AS day
        FROM (SELECT arrayJoin({hours:Array(UInt32)}) AS hour)
    )
)
GROUP BY period
ORDER BY period DESC
