-- Since when the oldest dirty hour waits for a mart, and how many there are.
SELECT uniqExact(id), toUnixTimestamp(min(at)) FROM ops.dirty_waiting
