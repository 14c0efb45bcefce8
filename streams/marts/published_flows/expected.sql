-- In which of these weeks there surely are flows from the minimum group of people.
WITH (SELECT minimum_group FROM viewer.settings) AS k
SELECT period
FROM
(
$sure
)
GROUP BY period
HAVING uniqExact(person) >= k
