-- References that a back-fill found; they wait here until they were given their targets' keys.
SELECT DISTINCT id FROM lrs.recent_references WHERE batch = 0
