-- In which week how many releases were made, and where: the 12 weeks of the range that have most.
WITH ifNull((SELECT any(time_zone) FROM viewer.settings), 'UTC') AS zone
SELECT
    toTimeZone(toDateTime(week, zone), 'UTC') AS time,
    concat(toString(sum(releases)), if(sum(releases) = 1, ' release', ' releases')) AS title,
    arrayStringConcat(arrayMap(
        one -> concat(if(one.2 = '', 'elsewhere', one.2), ': ', toString(one.1)),
        arrayReverseSort(one -> (one.2 != '', one.1), groupArray((releases, place)))), ', ') AS text
FROM viewer.releases
WHERE week >= toMonday(toDate({from:DateTime}, zone)) AND week <= toDate({until:DateTime}, zone)
GROUP BY week
ORDER BY sum(releases) DESC, week DESC
LIMIT 12
