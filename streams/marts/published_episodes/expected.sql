-- In which of these weeks begin episodes of the minimum group of people.
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT toString(toMonday(day)) AS period
FROM
(
$sure
)
WHERE period IN {periods:Array(String)}
GROUP BY period
HAVING uniqExact(person) >= k
