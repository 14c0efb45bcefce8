-- The newest replay of the same scope of the last week that is not ended, and when it began.
SELECT toString(run), began FROM ops.replays
WHERE scope = {scope:String} AND state != 'ended' AND at > now64(3) - INTERVAL 7 DAY
ORDER BY began DESC
LIMIT 1
