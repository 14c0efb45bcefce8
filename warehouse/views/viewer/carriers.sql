-- How few people carry half of the learning of a week: at least `people` did any, and at most `carriers` of them half of
-- it, both in multiples of the minimum group; scaffold and behaviour '' are any.
-- identity: none (multiples of the minimum group)
CREATE OR REPLACE VIEW viewer.carriers DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, scaffold, behaviour, people, carriers
FROM published.carrier_rows
