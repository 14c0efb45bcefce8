-- When each tool last told of each team, in the 26 weeks up to the end of the range: by day, and where no single day has
-- enough people by the week, as of its last day; and of all teams together.
    {zone:String} AS zone,
    least(toDate(now(), zone), toDate({until:DateTime} - 1, zone)) AS as_of,
    seen AS
    (
        SELECT
            tool,
            team,
            max((if(grain = 'day', toDate(start, zone), least(week + 6, as_of)), toString(grain))) AS newest
        FROM
        (
            SELECT tool, team, week, start, grain FROM viewer.coverage
            UNION ALL
            SELECT tool, '' AS team, week, start, grain FROM viewer.coverage
            UNION ALL
            SELECT tool, '' AS team, week, start, grain FROM viewer.tool_activity
        )
        WHERE tool != '' AND week >= as_of - 26 * 7 AND week <= as_of AND toDate(start, zone) <= as_of
        GROUP BY tool, team
    )
