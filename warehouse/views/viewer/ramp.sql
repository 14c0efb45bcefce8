-- How people begin (streams/marts/published_ramp): weeks of people, by the month in which each begins; `stage` is new,
-- middle or old, `step` which of the first 13 weeks, `did` nothing, used or shared; '' is of too few people.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.ramp DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT month, stage, step, did, events AS weeks, people
FROM published.ramp_rows
