-- A closed load: what it announced, and what of it is there.
SELECT
    observations,
    (SELECT uniqExact(kpi, team, grain, period) FROM kpi.observation_rows WHERE load = {load:UUID}) AS there
FROM kpi.load_rows FINAL
WHERE load = {load:UUID}
