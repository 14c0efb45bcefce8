-- Runs of links, by night or asked for, with what failed.
-- identity: none (counts, and errors of the estimation)
CREATE OR REPLACE VIEW ops.link_runs DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT run, began, ended, why, links, estimated, failure
FROM ops.link_run_rows FINAL
