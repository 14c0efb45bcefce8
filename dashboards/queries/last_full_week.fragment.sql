-- The last full week that is over at the end of the range, by its Monday, and the first of the four before it. A range
-- of Grafana's ends a second before midnight.
    {zone:String} AS zone,
    toMonday(toDate({until:DateTime} + 1, zone)) - 7 AS last_week,
    last_week - 28 AS first_week,
    formatDateTime(last_week, '%e %b') AS spaced_week,
    trimLeft(spaced_week) AS week_words
