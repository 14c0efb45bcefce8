-- Derived KPIs, computed anew by the queries of their files, and swapped in whole.
INSERT INTO kpi.derived_rows (kpi, released, unit, direction, grain, cells, inputs, number, at)
SELECT
    kpi,
    released,
    unit,
    direction,
    grain,
    cells,
    inputs,
    (SELECT max(number) + 1 FROM kpi.derived_rows),
    now64(3)
FROM
(
$selects
)
