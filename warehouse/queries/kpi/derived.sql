-- One derived KPI's cells. Behind a figure to which nobody did anything stands its team: people is then the smallest
-- number that the team had on a day of the period.
SELECT
    {kpi_$at:String} AS kpi,
    {released_$at:Bool} AS released,
    {unit_$at:String} AS unit,
    {direction_$at:String} AS direction,
    {grain_$at:String} AS grain,
    arraySort(groupArray((toString(team), toDate32(period), toFloat64(value), toUInt64(n), toUInt64(if(people = 0, heads, people))))) AS cells,
    {inputs_$at:UInt64} AS inputs
FROM
(
    SELECT
        *,
        multiIf({grain_$at:String} = 'day', 1, {grain_$at:String} = 'week', 7, toDayOfMonth(toLastDayOfMonth(period))) AS days,
        if(people = 0, arrayMin(arrayMap(
            day -> dictGetOrDefault('directory.team_size', 'size', toString(team), toDate32(period) + day, toUInt32(0)),
            range(toUInt32(days)))), 0) AS heads
    FROM
    (
$select
    )
)
