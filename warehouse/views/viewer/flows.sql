-- Knowledge that went from one person to another in a week, by kind ('' is of too few people): how many flows, from how
-- many people.
-- identity: none (cells of the minimum group, on both sides)
CREATE OR REPLACE VIEW viewer.flows DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, kind, events AS flows, people
FROM published.flow_rows
