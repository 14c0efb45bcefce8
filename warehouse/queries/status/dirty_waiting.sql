-- Since when the oldest mark waits for the roll-ups, and how many there are.
SELECT count(), toUnixTimestamp(min(at)) FROM ops.mark_rows FINAL
