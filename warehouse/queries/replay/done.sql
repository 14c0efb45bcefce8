-- What a replay has done, with what it found.
SELECT mart, toString(period), missing, surplus, seconds
FROM ops.replay_rows FINAL
WHERE run = {run:UUID} AND mart != '' AND state != 'failed'
