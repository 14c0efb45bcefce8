-- The names that statements gave to an agent, the first one first.
SELECT name
FROM lrs.agent_names
WHERE agent = {agent:String}
GROUP BY name
ORDER BY min(position), name
