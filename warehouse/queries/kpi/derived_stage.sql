-- What a view gives now, for the KPIs of one pass.
CREATE OR REPLACE TABLE kpi.$staging ENGINE = Memory AS
$select
