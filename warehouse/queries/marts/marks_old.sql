-- Spans of ten minutes whose marks are all done, and that no mark still on its way belongs to.
SELECT DISTINCT toYYYYMMDDhhmmss(toStartOfTenMinutes(at)) AS span
FROM ops.mark_rows
WHERE at < now() - INTERVAL 30 MINUTE
    AND span NOT IN (SELECT toYYYYMMDDhhmmss(toStartOfTenMinutes(at)) FROM ops.mark_rows FINAL)
