-- How many weeks newcomers need until they do as much as old hands (docs/decisions/proficiency.md), by the quarter in which
-- they started: Kaplan and Meier's median with its 95 % interval, of the last run of links, by the directory as viewers
-- are shown it. NULL where half of a cohort have not got there (yet), or a bound is not to be had.
-- identity: none (figures of cohorts)
CREATE OR REPLACE VIEW kpi.proficiency DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT cell.cohort AS cohort, cell.people AS people, cell.median AS median, cell.low AS low, cell.high AS high, at
FROM kpi.proficiency_rows
ARRAY JOIN cells AS cell
WHERE at = (SELECT max(at) FROM kpi.proficiency_rows)
