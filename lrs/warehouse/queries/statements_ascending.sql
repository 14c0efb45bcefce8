-- Statements stored after `since` and until `until`, oldest first; a page begins beyond a position.
SELECT raw, stored, toString(position) AS position
FROM lrs.statements
WHERE id IN
    (
        SELECT id
        FROM lrs.statements
        WHERE ({since:Nullable(DateTime64(6, 'UTC'))} IS NULL OR stored > {since:Nullable(DateTime64(6, 'UTC'))})
            AND ({until:Nullable(DateTime64(6, 'UTC'))} IS NULL OR stored <= {until:Nullable(DateTime64(6, 'UTC'))})
            AND ({beyond:Nullable(UInt128)} IS NULL OR position > {beyond:Nullable(UInt128)})
            AND (verb = 'http://adlnet.gov/expapi/verbs/voided' OR id NOT IN (SELECT id FROM lrs.voids))
        ORDER BY position ASC
        LIMIT {limit:UInt32}
    )
ORDER BY position ASC
