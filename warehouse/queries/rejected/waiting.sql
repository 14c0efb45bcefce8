-- What was never replayed, in the order in which it came; an empty source is any. Not conflicts:
-- of two statements with one id the first wins for good. Nor what was told without a body.
SELECT toString(id) AS id
FROM vault.rejected
WHERE replayed_at IS NULL
    AND kind != 'conflict'
    AND body != ''
    AND ({source:String} = '' OR source = {source:String})
ORDER BY at, id
