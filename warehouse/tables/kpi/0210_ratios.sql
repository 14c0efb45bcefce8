-- A figure may be a ratio, have a target, and be one of several revisions (0: it has none).
ALTER TABLE kpi.observation_rows
    ADD COLUMN numerator Nullable(Float64),
    ADD COLUMN denominator Nullable(Float64),
    ADD COLUMN target Nullable(Float64),
    ADD COLUMN revision UInt64;
