-- week, scaffold, learning events of the whole organisation.
SELECT week, toString(scaffold) AS scaffold, sum(a.events) AS events
FROM viewer.activity AS a
WHERE week >= {first:Date} AND week <= {last:Date}
GROUP BY week, scaffold
ORDER BY week, scaffold
