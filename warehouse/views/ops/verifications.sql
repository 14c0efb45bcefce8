-- What `headwater verify` found: the row whose `what` is empty sums a run up.
-- identity: none (counts and places in the log)
CREATE OR REPLACE VIEW ops.verifications DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT run, at, what, partition, hour, missing, surplus, why, mended
FROM ops.verification_rows
