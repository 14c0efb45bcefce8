-- How many weeks newcomers need until they do as much as old hands, by the quarter in which they started
-- (`kpi.proficiency`): cohorts of at least the minimum group.
-- identity: none (figures of cohorts)
CREATE OR REPLACE VIEW viewer.proficiency DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT toDate(cohort) AS cohort, people, median, low, high
FROM kpi.proficiency
WHERE people >= (SELECT minimum_group FROM viewer.settings)
