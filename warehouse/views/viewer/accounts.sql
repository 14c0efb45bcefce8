-- Different people of each tool in a week, those of them whose accounts are known to be of somebody, both down to a
-- multiple of the minimum group, and what share of them these are, in percent. An account of nobody counts as one.
-- identity: none (multiples of the minimum group)
CREATE OR REPLACE VIEW viewer.accounts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tool, people, known, round(100 * known / people) AS share
FROM published.account_rows
