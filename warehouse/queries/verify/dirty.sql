-- Dirty hours from until now that a mart has still to take in.
SELECT count() FROM ops.dirty_waiting WHERE at <= {until:DateTime64(3, 'UTC')}
