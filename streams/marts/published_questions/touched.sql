-- In which weeks was asked what facts of these hours (seconds since 1970) ever asked or answered.
SELECT toString(toMonday(toDate(period))) AS week, groupUniqArrayArray(hours) AS hours
FROM
(
$touched
)
GROUP BY week
