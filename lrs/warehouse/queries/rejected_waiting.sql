-- What was never replayed, in the order in which it came; an empty source is any. Not conflicts:
-- of two statements with one id the first wins for good.
SELECT toString(id) AS id
FROM vault.rejected
WHERE replayed_at IS NULL
    AND kind != 'conflict'
    AND ({source:String} = '' OR source = {source:String})
ORDER BY at, id
