-- What of a week's events is not classified, and what is of accounts that nobody is known for, in percent, by tool and
-- by team in it ('' is any), in steps that the minimum group stands behind.
-- identity: none (percentages)
CREATE OR REPLACE VIEW viewer.coverage_shares DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, tool, team, unclassified, unresolved
FROM published.coverage_share_rows
