-- The KPIs that kpis.toml declares: what each means, whose it is, where its figures come from, how teams are taken
-- together, and the least change that matters, in its unit (NULL where nobody said).
-- identity: none (what KPIs are, and which part of the organisation owns them)
CREATE OR REPLACE VIEW kpi.catalogue DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kpi, title, unit, direction, aggregation, owner, source, matters, description
FROM kpi.catalogue_rows FINAL
WHERE declared
