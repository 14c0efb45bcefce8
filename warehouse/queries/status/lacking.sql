-- What the last verification found, where it found anything: when, and how many rows.
SELECT toUnixTimestamp(at), missing, surplus
FROM ops.verifications
WHERE what = ''
    AND run = (SELECT argMax(run, at) FROM ops.verifications WHERE what = '')
    AND missing + surplus > 0
