-- Hours marked until now that are still to be computed.
SELECT count() FROM ops.mark_rows FINAL WHERE at <= {until:DateTime64(3, 'UTC')}
