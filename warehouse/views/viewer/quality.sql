-- How complete a week's figures are: what of all its events is not classified, and what is of accounts that
-- nobody is known for, in percent, in steps that the minimum group stands behind.
-- identity: none (percentages)
CREATE OR REPLACE VIEW viewer.quality DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, unclassified, unresolved
FROM published.quality_rows
