-- Takes the cells of a derived KPI that is no more.
INSERT INTO kpi.derived_rows (kpi, released, unit, direction, grain, cells, inputs, number, at)
SELECT kpi, released, unit, direction, grain, [], 0, number + 1, now64(3)
FROM kpi.derived_rows FINAL
WHERE kpi = {kpi:String} AND released = {released:Bool}
