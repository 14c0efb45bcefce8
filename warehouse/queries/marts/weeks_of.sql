-- The weeks of days that hours (seconds since 1970) touch, each with those of them that do.
SELECT toString(toMonday(toDate(period))) AS week, groupUniqArrayArray(hours) AS hours
FROM
(
$days
)
GROUP BY week
