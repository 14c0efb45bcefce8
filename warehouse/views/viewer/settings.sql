-- What the installation chose, for everybody. In all that may be shown, teams with fewer people than the
-- minimum group appear as 'Other', together with accounts that nobody has been found for; 'Other' itself is
-- left out while fewer people than the minimum stand behind it, so that no total minus the visible teams
-- reveals a hidden one. No view here holds a person. The floor of five cannot be set lower.
-- identity: none (what the installation chose)
CREATE OR REPLACE VIEW viewer.settings DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    if(anyIf(value, name = 'time_zone') = '', 'UTC', anyIf(value, name = 'time_zone')) AS time_zone,
    greatest(5, toUInt32OrZero(anyIf(value, name = 'minimum_group'))) AS minimum_group,
    anyIf(value, name = 'synthetic') = '1' AS synthetic
FROM ops.settings
