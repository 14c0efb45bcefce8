-- scaffold, behaviour ('' is of too few people to be told apart), learning events of the whole organisation.
SELECT toString(scaffold) AS scaffold, toString(behaviour) AS behaviour, sum(a.events) AS events
FROM viewer.activity AS a
WHERE week >= {first:Date} AND week <= {last:Date}
GROUP BY scaffold, behaviour
ORDER BY scaffold, behaviour
