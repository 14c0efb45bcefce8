-- How long newcomers need until they do as much as old hands, by the quarter in which they started: a row an estimate, with
-- all cohorts. Weeks; NULL where the estimate does not get there (half of a cohort have not, or not yet). The newest row
-- counts.
-- identity: none (figures of cohorts)
CREATE TABLE kpi.proficiency_rows
(
    at DateTime64(3, 'UTC'),
    cells Array(Tuple(cohort Date32, people UInt32, median Nullable(Float64), low Nullable(Float64), high Nullable(Float64)))
) ENGINE = MergeTree
ORDER BY at
TTL toDateTime(at) + INTERVAL 800 DAY
SETTINGS min_bytes_for_full_part_storage = 10485760;
